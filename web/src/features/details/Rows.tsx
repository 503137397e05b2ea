import type { ReactNode } from "react";
import classes from "./Rows.module.css";

interface Props {
  label: string;
  children: ReactNode;
}

/** A short list within details: one line of text a row, and what can be done with it. */
export function Rows({ label, children }: Props) {
  return (
    <ul className={classes.rows} aria-label={label}>
      {children}
    </ul>
  );
}

/** A row of such a list. */
export function Row({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <li className={classes.row}>
      <div className={classes.text}>{children}</div>
      {action}
    </li>
  );
}
