import classes from "./FilterNames.module.css";

interface Props {
  filters: readonly string[];
  /** The most that are shown; the others are a number. */
  most?: number;
}

/** The filters of a registration; none, or `*`, is every event. */
export function FilterNames({ filters, most = filters.length }: Props) {
  if (filters.length === 0 || filters.includes("*")) {
    return <span className="dimmed nowrap">All events</span>;
  }
  const rest = filters.slice(most);
  return (
    <ul className={classes.filters} data-wrap={most >= filters.length && filters.length > 2}>
      {filters.slice(0, most).map((filter) => (
        <li key={filter}>{filter}</li>
      ))}
      {rest.length > 0 && (
        <li title={rest.join(", ")}>
          +{rest.length}
          <span className="visually-hidden">: {rest.join(", ")}</span>
        </li>
      )}
    </ul>
  );
}
