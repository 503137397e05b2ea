import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";

/** A path that leads nowhere. */
export function NotFound() {
  return (
    <>
      <PageTitle title="Page not found" />
      <EmptyState title="There is no such page" to="/" action="Go to the start">
        The address may be mistyped, or what it was about is gone.
      </EmptyState>
    </>
  );
}
