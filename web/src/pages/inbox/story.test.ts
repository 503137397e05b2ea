import { describe, expect, it } from "vitest";
import type { HandlerRun, RunOutcome } from "@/api/schema.gen";
import { handlerText, newestFirst, storyOf, whyNoReplay } from "./story";

function run(number: number, handler: string, outcome: RunOutcome): HandlerRun {
  const at = "2026-05-01T12:00:00Z";
  return { number, handler, outcome, startedAt: at, endedAt: at, error: null };
}

describe("where a received webhook stands", () => {
  it("is pending before and between runs", () => {
    expect(storyOf({ state: "pending", runs: [] })).toMatch(/not finished yet/);
    const runs = [run(1, "log", "done"), run(2, "deploy", "failed")];
    expect(storyOf({ state: "pending", runs })).toMatch(/handler deploy failed, and runs again/);
  });

  it("is pending again after a replay, whatever failed before it was done", () => {
    const runs = [run(1, "deploy", "failed"), run(2, "log", "done")];
    expect(storyOf({ state: "pending", runs })).toMatch(/not finished yet/);
  });

  it("is dead because of the handler that failed last, in whatever order runs are listed", () => {
    const runs = [run(3, "billing", "failed"), run(1, "log", "done"), run(2, "deploy", "failed")];
    expect(storyOf({ state: "dead", runs })).toMatch(/handler billing failed for good/);
    expect(newestFirst(runs).map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  it("is dead because it cannot be read", () => {
    expect(storyOf({ state: "dead", runs: [run(1, "(read)", "failed")] })).toMatch(/not be read/);
  });

  it("is processed by all, by none, or up to the one that ended it", () => {
    expect(storyOf({ state: "processed", runs: [run(1, "log", "done")] })).toMatch(/^Every/);
    expect(storyOf({ state: "processed", runs: [run(1, "(none)", "done")] })).toMatch(
      /^No handler/,
    );
    expect(storyOf({ state: "processed", runs: [run(1, "gate", "stopped")] })).toMatch(
      /handler gate ended the processing/,
    );
  });
});

it("says why what is pending is not replayed", () => {
  expect(whyNoReplay("pending")).toMatch(/run anyway/);
  expect(whyNoReplay("dead")).toBeUndefined();
  expect(whyNoReplay("processed")).toBeUndefined();
});

it("names what stood in for a handler", () => {
  expect(handlerText("(read)")).toBe("reading it");
  expect(handlerText("billing")).toBe("billing");
});
