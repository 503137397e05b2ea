/** An event in two words: its kind, and what happened. */
export function EventName({ filter, type }: { filter: string | null; type: string | null }) {
  if (filter === null) return <span className="dimmed">an event no longer kept</span>;
  return (
    <span className="nowrap">
      {filter} <strong>{type}</strong>
    </span>
  );
}
