import { useId } from "react";
import { Link } from "react-router";
import { UNKNOWN } from "@/lib/numbers";
import type { Figure } from "./figures";
import classes from "./overview.module.css";

/** Numbers that belong together, each leading to what it counts. */
export function FigureGroup({ title, figures }: { title: string; figures: readonly Figure[] }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={classes.heading}>
        {title}
      </h2>
      <ul className={classes.figures}>
        {figures.map((figure) => (
          <li key={figure.label}>
            <Link to={figure.to} className={classes.figure} data-tone={figure.tone}>
              <span className={classes.label}>{figure.label}</span>
              <span className={classes.value} data-unknown={figure.value === UNKNOWN}>
                {figure.value}
              </span>
              <span className={classes.hint}>{figure.hint}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
