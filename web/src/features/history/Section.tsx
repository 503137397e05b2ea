import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./history.module.css";

interface Props {
  title: string;
  /** Beside the heading, such as a button. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A part of details, with its heading. */
export function Section({ title, aside, children }: Props) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        <Title order={3}>{title}</Title>
        {aside}
      </div>
      {children}
    </section>
  );
}
