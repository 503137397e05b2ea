import { describe, expect, it } from "vitest";
import { asked, choiceErrors, choiceFrom, requestOf } from "./choice";

const from = (query: string) => choiceFrom(new URLSearchParams(query));

describe("a new replay", () => {
  it("begins with what the address says", () => {
    const choice = from("registrationId=reg_1&state=dead&deadReason=gone&filter=reports");
    expect(requestOf(choice)).toEqual({
      states: ["dead"],
      reasons: ["gone"],
      filter: "reports",
      pace: 50,
    });
    expect(choice.registration).toBe("reg_1");
  });
  it("is of what was given up, whatever the address says of states that cannot be replayed", () => {
    expect(from("state=held&deadReason=nonsense")).toMatchObject({ states: ["dead"], reasons: [] });
  });
  it("has no reasons for what was delivered", () => {
    expect(requestOf(from("state=delivered&deadReason=gone"))).toEqual({
      states: ["delivered"],
      pace: 50,
    });
  });
  it("keeps the times of the address", () => {
    const moment = "2026-05-01T09:30:15.000Z";
    expect(requestOf(from(`from=${moment}`)).from).toBe(moment);
  });
});

describe("mistakes in a replay", () => {
  it("are named by field", () => {
    const wrong = { ...from(""), states: [], type: "a b", from: "2026-02", to: "2026-01", pace: 0 };
    expect(Object.keys(choiceErrors(wrong))).toEqual([
      "registration",
      "states",
      "type",
      "to",
      "pace",
    ]);
    expect(choiceErrors({ ...from("registrationId=reg_1"), pace: "" }).pace).toBeDefined();
  });
  it("are none when it is right", () => {
    expect(choiceErrors(from("registrationId=reg_1"))).toEqual({});
  });
});

it("tells what a replay sends again", () => {
  const replay = { states: ["dead"], filter: null, type: null, from: null, to: null };
  expect(asked({ ...replay, reasons: [] })).toBe("Dead");
  expect(asked({ ...replay, reasons: ["exhausted"], filter: "reports", type: "Added" })).toBe(
    "Dead (attempts used up) · reports Added",
  );
  expect(asked({ ...replay, states: ["dead", "delivered"], reasons: [] })).toBe(
    "Dead and delivered",
  );
});
