import type { HandlerRun, InboxReport, InboxState } from "@/api/schema.gen";

type Told = Pick<InboxReport, "state" | "runs">;

/** The handler that failed last, if what ran last failed. */
export function lastFailure({ runs }: Pick<InboxReport, "runs">): HandlerRun | undefined {
  const last = newestFirst(runs)[0];
  return last?.outcome === "failed" ? last : undefined;
}

/** The runs, the newest first. */
export function newestFirst(runs: readonly HandlerRun[]): HandlerRun[] {
  return runs.toSorted((one, other) => other.number - one.number);
}

/** Where a received webhook stands, and what to do about it. */
export function storyOf(report: Told): string {
  const failure = lastFailure(report);
  const last = newestFirst(report.runs)[0];
  switch (report.state) {
    case "pending":
      return failure === undefined
        ? "Its handlers have not finished yet."
        : `The handler ${failure.handler} failed, and runs again. Those before it do not.`;
    case "dead":
      return deadStory(failure);
    case "processed":
      if (last?.handler === "(none)") return "No handler is for it: it was only stored.";
      if (last?.outcome === "stopped") {
        return `The handler ${last.handler} ended the processing: those after it did not run.`;
      }
      return "Every handler that is for it is done.";
  }
}

function deadStory(failure: HandlerRun | undefined): string {
  const advice = "Mend the cause, then replay it.";
  if (failure === undefined) return `It was given up. ${advice}`;
  if (failure.handler === "(read)") return `It could not be read by any handler. ${advice}`;
  return `It was given up: the handler ${failure.handler} failed for good. ${advice}`;
}

/** Why a webhook cannot be replayed; undefined when it can. */
export function whyNoReplay(state: InboxState): string | undefined {
  return state === "pending" ? "It is not over: its handlers run anyway." : undefined;
}

/** What a handler is called in words: in parentheses is what stood in for one. */
export function handlerText(handler: string): string {
  if (handler === "(none)") return "no handler is for it";
  if (handler === "(read)") return "reading it";
  return handler;
}
