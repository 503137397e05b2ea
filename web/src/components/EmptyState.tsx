import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./EmptyState.module.css";

interface Props {
  title: string;
  children?: ReactNode;
  /** Where the next step is, and what it is called. */
  to?: string;
  action?: string;
}

/** Nothing is here, and what to do about it. */
export function EmptyState({ title, children, to, action }: Props) {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{title}</p>
      {children !== undefined && <div className={classes.text}>{children}</div>}
      {to !== undefined && action !== undefined && (
        <Button component={Link} to={to} mt="sm">
          {action}
        </Button>
      )}
    </div>
  );
}
