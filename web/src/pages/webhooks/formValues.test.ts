import { expect, test } from "vitest";
import type { RegistrationView } from "@/api/schema.gen";
import { parseDelays, delaysText } from "./delays";
import { bodyOf, changesBetween, creationOf, NEW_WEBHOOK, valuesOf } from "./formValues";
import { headersOfPairs, pairsOfProperties, propertiesOfPairs, repeatedName } from "./pairs";
import { validate } from "./validate";

const STORED: RegistrationView = {
  id: "reg_1",
  ownerId: "usr_1",
  uri: "https://example.com/hook",
  filters: ["reports"],
  description: "Reports",
  paused: false,
  headers: { "X-Key": "********" },
  properties: { team: "ops", level: 5, code: "5", nested: { a: [1] } },
  format: "standard",
  timeoutSeconds: 5,
  retryDelaysSeconds: [1, 60, 7200],
  rateLimit: { requests: 3, perSeconds: 2 },
  maxInFlight: null,
  batch: null,
  whilePaused: "discard",
  condition: "@.data.pages > 5",
  secretExpiresAt: null,
  authentication: {
    kind: "oauth2",
    tokenUri: "https://t",
    clientId: "c",
    clientSecret: "********",
    scopes: ["a", "b"],
    audience: null,
  },
  tls: null,
  signing: null,
  disabled: null,
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
};

test("what is stored is written back as it is", () => {
  const { id, ownerId, secretExpiresAt, signing, disabled, createdAt, updatedAt, ...body } = STORED;
  expect([id, ownerId, secretExpiresAt, signing, disabled, createdAt, updatedAt]).toHaveLength(7);
  expect(bodyOf(valuesOf(STORED))).toEqual(body);
});

test("saving without a change changes nothing", () => {
  const values = valuesOf(STORED);
  expect(changesBetween(values, values)).toEqual({});
});

test("only what differs is changed, and what is emptied is taken away", () => {
  const values = valuesOf(STORED);
  const changed = {
    ...values,
    description: " ",
    timeoutSeconds: "",
    limited: false,
    retries: "none" as const,
  };
  expect(changesBetween(values, changed)).toEqual({
    description: null,
    timeoutSeconds: null,
    rateLimit: null,
    retryDelaysSeconds: [],
  });
});

test("every event is no filter in the form", () => {
  expect(valuesOf({ ...STORED, filters: ["*"] }).filters).toEqual([]);
});

test("a new webhook has the secret that was given, or leaves it to the server", () => {
  const own = { ...NEW_WEBHOOK, secretKind: "own" as const, secret: "s".repeat(32) };
  expect(creationOf(own).secret).toBe("s".repeat(32));
  expect(creationOf({ ...own, secretKind: "generated" })).not.toHaveProperty("secret");
});

test("properties keep their types", () => {
  const properties = {
    text: "a",
    number: 5,
    digits: "5",
    yes: true,
    word: "true",
    none: null,
    list: ["x"],
  };
  expect(propertiesOfPairs(pairsOfProperties(properties))).toEqual(properties);
});

test("rows without a name are left out, and a name may not be there twice", () => {
  expect(
    headersOfPairs([
      { name: " X-A ", value: "1" },
      { name: " ", value: "2" },
    ]),
  ).toEqual({ "X-A": "1" });
  const twice = [
    { name: "X-A", value: "" },
    { name: "x-a", value: "" },
  ];
  expect(repeatedName(twice, true)).toBe("x-a");
  expect(repeatedName(twice, false)).toBeUndefined();
});

test("delays are read in their units, and written back", () => {
  expect(parseDelays("5, 30s 1m;2h,1d")).toEqual([5, 30, 60, 7_200, 86_400]);
  expect(parseDelays("soon")).toBeUndefined();
  expect(delaysText([5, 90, 60, 7_200, 86_400])).toBe("5s, 90s, 1m, 2h, 1d");
});

test("what is plainly wrong is said before it is sent", () => {
  const wrong = {
    ...NEW_WEBHOOK,
    uri: "example.com",
    secretKind: "own" as const,
    secret: "short",
    retries: "own" as const,
    headers: [
      { name: "A", value: "" },
      { name: "a", value: "" },
    ],
  };
  expect(Object.keys(validate(wrong, true)).sort()).toEqual([
    "headers",
    "retryDelaysSeconds",
    "secret",
    "uri",
  ]);
  expect(validate({ ...NEW_WEBHOOK, uri: "https://example.com" }, true)).toEqual({});
});
