import type {
  Authentication,
  ChangeRegistration,
  PayloadFormat,
  RegistrationView,
  Tls,
  WriteRegistration,
} from "@/api/schema.gen";
import { delaysText, parseDelays } from "./delays";
import {
  headersOfPairs,
  pairsOfHeaders,
  pairsOfProperties,
  propertiesOfPairs,
  type Pair,
} from "./pairs";

/** A number input: empty text means that the server decides. */
export type NumberField = number | string;

export interface AuthenticationValues {
  kind: "none" | Authentication["kind"];
  user: string;
  password: string;
  token: string;
  tokenUri: string;
  clientId: string;
  clientSecret: string;
  scopes: string;
  audience: string;
}

/** A webhook as its form has it. */
export interface WebhookValues {
  uri: string;
  filters: string[];
  description: string;
  paused: boolean;
  secretKind: "generated" | "own";
  secret: string;
  headers: Pair[];
  properties: Pair[];
  format: PayloadFormat;
  condition: string;
  timeoutSeconds: NumberField;
  retries: "server" | "none" | "own";
  retryDelaysSeconds: string;
  maxInFlight: NumberField;
  limited: boolean;
  rateLimit: { requests: NumberField; perSeconds: NumberField };
  batched: boolean;
  batch: { maxEvents: NumberField; maxWaitSeconds: NumberField };
  whilePaused: "hold" | "discard";
  verify: boolean;
  authentication: AuthenticationValues;
  tls: { authorities: string; certificate: string; key: string };
}

/** The names of the fields that mistakes can be about, as the api's pointers name them. */
export const FIELDS = [
  "uri",
  "filters",
  "description",
  "secret",
  "headers",
  "properties",
  "format",
  "condition",
  "timeoutSeconds",
  "retryDelaysSeconds",
  "maxInFlight",
  "rateLimit.requests",
  "rateLimit.perSeconds",
  "batch.maxEvents",
  "batch.maxWaitSeconds",
  "authentication.user",
  "authentication.password",
  "authentication.token",
  "authentication.tokenUri",
  "authentication.clientId",
  "authentication.clientSecret",
  "authentication.scopes",
  "authentication.audience",
  "tls.authorities",
  "tls.certificate",
  "tls.key",
] as const;

const NO_AUTHENTICATION: AuthenticationValues = {
  kind: "none",
  user: "",
  password: "",
  token: "",
  tokenUri: "",
  clientId: "",
  clientSecret: "",
  scopes: "",
  audience: "",
};

/** What the form of a new webhook begins with. */
export const NEW_WEBHOOK: WebhookValues = {
  uri: "",
  filters: [],
  description: "",
  paused: false,
  secretKind: "generated",
  secret: "",
  headers: [],
  properties: [],
  format: "aspnet",
  condition: "",
  timeoutSeconds: "",
  retries: "server",
  retryDelaysSeconds: "",
  maxInFlight: "",
  limited: false,
  rateLimit: { requests: 10, perSeconds: 1 },
  batched: false,
  batch: { maxEvents: 100, maxWaitSeconds: 5 },
  whilePaused: "hold",
  verify: false,
  authentication: NO_AUTHENTICATION,
  tls: { authorities: "", certificate: "", key: "" },
};

/** What the form of a webhook begins with. */
export function valuesOf(view: RegistrationView): WebhookValues {
  const delays = view.retryDelaysSeconds;
  return {
    ...NEW_WEBHOOK,
    uri: view.uri,
    filters: view.filters.filter((filter) => filter !== "*"),
    description: view.description ?? "",
    paused: view.paused,
    headers: pairsOfHeaders(view.headers),
    properties: pairsOfProperties(view.properties),
    format: view.format,
    condition: view.condition ?? "",
    timeoutSeconds: view.timeoutSeconds ?? "",
    retries: delays === null ? "server" : delays.length === 0 ? "none" : "own",
    retryDelaysSeconds: delaysText(delays ?? []),
    maxInFlight: view.maxInFlight ?? "",
    limited: view.rateLimit !== null,
    rateLimit: view.rateLimit ?? NEW_WEBHOOK.rateLimit,
    batched: view.batch !== null,
    batch: view.batch ?? NEW_WEBHOOK.batch,
    whilePaused: view.whilePaused,
    authentication: authenticationValues(view.authentication),
    tls: {
      authorities: view.tls?.authorities ?? "",
      certificate: view.tls?.certificate ?? "",
      key: view.tls?.key ?? "",
    },
  };
}

function authenticationValues(authentication: Authentication | null): AuthenticationValues {
  if (authentication === null) return NO_AUTHENTICATION;
  if (authentication.kind !== "oauth2") return { ...NO_AUTHENTICATION, ...authentication };
  const { scopes, audience, ...rest } = authentication;
  return {
    ...NO_AUTHENTICATION,
    ...rest,
    scopes: (scopes ?? []).join(" "),
    audience: audience ?? "",
  };
}

/** The body that writes these values: everything but the secret and `verify`, nothing left out. */
export function bodyOf(values: WebhookValues): Required<Omit<Body, "secret" | "verify">> {
  return {
    uri: values.uri.trim(),
    filters: values.filters,
    description: textOrNull(values.description),
    paused: values.paused,
    headers: headersOfPairs(values.headers),
    properties: propertiesOfPairs(values.properties),
    format: values.format,
    condition: textOrNull(values.condition),
    timeoutSeconds: numberOrNull(values.timeoutSeconds),
    retryDelaysSeconds: delaysOf(values),
    maxInFlight: numberOrNull(values.maxInFlight),
    rateLimit: values.limited
      ? {
          requests: Number(values.rateLimit.requests),
          perSeconds: Number(values.rateLimit.perSeconds),
        }
      : null,
    batch: values.batched
      ? {
          maxEvents: Number(values.batch.maxEvents),
          maxWaitSeconds: Number(values.batch.maxWaitSeconds),
        }
      : null,
    whilePaused: values.whilePaused,
    authentication: authenticationOf(values.authentication),
    tls: tlsOf(values.tls),
  };
}

type Body = Omit<WriteRegistration, "secretExpiresAt">;

/** The body that makes a new webhook. */
export function creationOf(values: WebhookValues): WriteRegistration {
  return {
    ...bodyOf(values),
    ...(values.secretKind === "own" && { secret: values.secret }),
    ...(values.verify && { verify: true }),
  };
}

/** The body that changes what differs, and nothing that somebody else may have changed meanwhile. */
export function changesBetween(before: WebhookValues, after: WebhookValues): ChangeRegistration {
  const [old, wanted] = [bodyOf(before), bodyOf(after)];
  const changes = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name as keyof typeof old]),
  );
  return { ...Object.fromEntries(changes), ...(after.verify && { verify: true }) };
}

function authenticationOf(values: AuthenticationValues): Authentication | null {
  switch (values.kind) {
    case "none":
      return null;
    case "basic":
      return { kind: "basic", user: values.user, password: values.password };
    case "bearer":
      return { kind: "bearer", token: values.token };
    case "oauth2":
      return {
        kind: "oauth2",
        tokenUri: values.tokenUri.trim(),
        clientId: values.clientId,
        clientSecret: values.clientSecret,
        scopes: values.scopes.split(/\s+/).filter((scope) => scope !== ""),
        audience: textOrNull(values.audience),
      };
  }
}

function tlsOf(values: WebhookValues["tls"]): Tls | null {
  const tls = {
    authorities: textOrNull(values.authorities),
    certificate: textOrNull(values.certificate),
    key: textOrNull(values.key),
  };
  return Object.values(tls).every((part) => part === null) ? null : tls;
}

function delaysOf(values: WebhookValues): number[] | null {
  if (values.retries === "server") return null;
  return values.retries === "none" ? [] : (parseDelays(values.retryDelaysSeconds) ?? []);
}

function textOrNull(text: string): string | null {
  return text.trim() === "" ? null : text;
}

function numberOrNull(value: NumberField): number | null {
  return value === "" ? null : Number(value);
}
