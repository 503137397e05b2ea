import { describe, expect, it } from "vitest";
import { answerText, explainFailure, inWords, isDeadReason, statusText } from "./words";

describe("the last answer in words", () => {
  it("names a status", () => {
    expect(answerText(503, "http_status")).toBe("503 Service Unavailable");
    expect(statusText(299)).toBe("299");
  });
  it("names the cause when that is not the status", () => {
    expect(answerText(null, "dns")).toBe("Name not resolved");
    expect(answerText(200, "too_large")).toBe("Answer too large");
  });
  it("says nothing before there was an answer", () => {
    expect(answerText(null, null)).toBeUndefined();
  });
  it("shows a cause that it does not know as it is", () => {
    expect(answerText(null, "eclipse")).toBe("eclipse");
  });
});

describe("why an attempt failed", () => {
  it("advises by the status", () => {
    expect(explainFailure("http_status", 302).advice).toContain("not followed");
    expect(explainFailure("http_status", 401).advice).toContain("secret");
    expect(explainFailure("http_status", 500).sentence).toContain("500 Internal Server Error");
  });
  it("has no advice where there is none", () => {
    expect(explainFailure("http_status", 418).advice).toBeUndefined();
    expect(explainFailure("eclipse", null)).toEqual({
      sentence: "It failed: eclipse.",
      advice: undefined,
    });
  });
});

describe("sentences of the api", () => {
  it("puts reasons into words, and leaves other names alone", () => {
    expect(inWords("it is held: `owner_disabled`")).toBe("It is held: owner switched off.");
    expect(inWords("it was given up: `exhausted`")).toBe("It was given up: attempts used up.");
    expect(inWords("asks for `reports`")).toBe("Asks for `reports`.");
  });
  it("takes no inherited name for a reason", () => {
    expect(isDeadReason("constructor")).toBe(false);
  });
});
