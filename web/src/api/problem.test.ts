import { expect, test } from "vitest";
import { ApiError, errorOf, fieldErrors, isTransient, unreachable } from "./problem";

test("mistakes go to the fields that their pointers name", () => {
  const { errors, rest } = fieldErrors(
    [
      { pointer: "/uri", detail: "bad" },
      { pointer: "/rateLimit/requests", detail: "too many" },
      { pointer: "/filters/0", detail: "unknown" },
      { pointer: "/filters/1", detail: "unknown as well" },
      { pointer: "/headers/X~1Y", detail: "forbidden" },
      { pointer: "/surprise", detail: "what is this" },
      { pointer: "", detail: "all of it" },
    ],
    ["uri", "filters", "headers", "rateLimit.requests"],
  );
  expect(errors).toEqual({
    uri: "bad",
    "rateLimit.requests": "too many",
    filters: "unknown unknown as well",
    headers: "forbidden",
  });
  expect(rest.map(({ pointer }) => pointer)).toEqual(["/surprise", ""]);
});

test("a problem of the api is kept with what support needs", () => {
  const response = new Response(null, { status: 429, headers: { "retry-after": "7" } });
  const error = errorOf(response, { title: "Slow down", code: "throttled", requestId: "r1" });
  expect(error).toMatchObject({
    status: 429,
    code: "throttled",
    message: "Slow down",
    requestId: "r1",
    retryAfter: 7,
  });
});

test("an answer that is no problem still says its status", () => {
  const error = errorOf(new Response(null, { status: 502 }), "<html>");
  expect(error.message).toBe("The server answered with 502");
  expect(error.retryAfter).toBeUndefined();
});

test("only what may go away by itself is tried again", () => {
  expect(isTransient(unreachable(new TypeError("failed")))).toBe(true);
  expect(isTransient(new ApiError(503, {}))).toBe(true);
  expect(isTransient(new ApiError(404, {}))).toBe(false);
  expect(isTransient(new Error("a fault of ours"))).toBe(false);
});
