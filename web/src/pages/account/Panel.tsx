import type { ComponentProps } from "react";
import { Section } from "@/features/details/Section";
import classes from "./account.module.css";

/** A part of the page in a box of its own. */
export function Panel(props: ComponentProps<typeof Section>) {
  return (
    <div className={classes.panel}>
      <Section {...props} />
    </div>
  );
}
