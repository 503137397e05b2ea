import { expect, it } from "vitest";
import type { Check, ExplanationView } from "@/api/schema.gen";
import { verdict } from "./verdict";

const explained = (failed: Check[], delivery: string | null = null): ExplanationView => ({
  wouldReceive: failed.length === 0,
  reasons: (["filter", "permission", "condition"] as const).map((check) => ({
    check,
    passed: !failed.includes(check),
    explanation: "",
  })),
  delivery,
  outcome: null,
});

it("names the checks that are not passed", () => {
  expect(verdict(explained(["permission"])).sentence).toBe(
    "One check is not passed: “owner may read the resource”.",
  );
  expect(verdict(explained(["filter", "condition"]))).toMatchObject({
    tone: "bad",
    sentence: "2 checks are not passed: “asks for this kind of event”, “condition holds”.",
  });
});

it("says that a webhook would get it", () => {
  expect(verdict(explained([])).tone).toBe("ok");
});

it("goes by the delivery that there is, whatever holds now", () => {
  expect(verdict(explained(["permission"], "dlv_1")).label).toBe("Matched");
});
