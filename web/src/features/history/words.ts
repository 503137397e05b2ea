import type { Check, DeadReason, HoldReason } from "@/api/schema.gen";

/** Why an attempt failed: a few words for lists, and what to do about it. */
interface Cause {
  short: string;
  long: string;
  advice?: string;
}

const CAUSES: Record<string, Cause> = {
  dns: {
    short: "Name not resolved",
    long: "The name of the host did not resolve.",
    advice: "Check the host in the webhook's URL, and its DNS records.",
  },
  connect: {
    short: "No connection",
    long: "No connection could be made.",
    advice: "Check that something listens there, and that firewalls let it through.",
  },
  tls: {
    short: "TLS failed",
    long: "The TLS handshake or the certificate failed.",
    advice: "Check that the receiver's certificate is valid, and its chain complete.",
  },
  timeout: {
    short: "Timed out",
    long: "The whole answer was not there in time.",
    advice: "A receiver should answer first and do its work afterwards.",
  },
  reset: {
    short: "Connection broke",
    long: "The connection broke before the answer was complete.",
    advice: "Look for a crash or a proxy's limit on the receiver's side.",
  },
  protocol: {
    short: "Not HTTP",
    long: "What came back was not HTTP, or could not be used.",
    advice: "Check the port, and whether it wants https.",
  },
  too_large: {
    short: "Answer too large",
    long: "The body of the answer is larger than what is read.",
    advice: "An empty answer is enough.",
  },
  blocked: {
    short: "Address refused",
    long: "The address is one that may not be called, such as a private one.",
    advice: "An administrator can allow networks with the setting egress.allow.",
  },
  authentication: {
    short: "No access token",
    long: "The access token that the receiver asks for could not be fetched.",
    advice: "Check the webhook's OAuth settings.",
  },
  http_status: {
    short: "Refused by the receiver",
    long: "The receiver answered with a status other than 2xx.",
  },
};

const STATUSES: Record<number, string> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A status with its name: `503 Service Unavailable`. */
export function statusText(status: number): string {
  return [status, STATUSES[status]].filter(Boolean).join(" ");
}

/** What a status other than 2xx asks for. */
function statusAdvice(status: number): string | undefined {
  if (status >= 300 && status < 400)
    return "Redirects are not followed: register the address that it leads to.";
  if (status === 401 || status === 403)
    return "Check the secret that the receiver verifies with, and the webhook's credentials.";
  if (status === 404 || status === 405) return "Check the path of the webhook's URL.";
  if (status === 410) return "It says that it wants no more: the webhook is switched off.";
  if (status === 413) return "The receiver, or a proxy before it, takes no body of this size.";
  if (status === 429) return "A rate limit in the webhook's delivery options helps.";
  if (status >= 500) return "The receiver failed: its own log says why.";
  return undefined;
}

/** The last answer in a few words: `Timed out`, `500 Internal Server Error`. */
export function answerText(status: number | null, cause: string | null): string | undefined {
  if (cause !== null && cause !== "http_status") return causeText(cause);
  if (status !== null) return statusText(status);
  return cause === null ? undefined : causeText(cause);
}

function causeText(cause: string): string {
  return CAUSES[cause]?.short ?? cause;
}

/** Why an attempt failed, as a sentence, and what to do about it. */
export function explainFailure(
  cause: string,
  status: number | null,
): { sentence: string; advice: string | undefined } {
  const known = CAUSES[cause];
  if (cause === "http_status" && status !== null)
    return {
      sentence: `The receiver answered ${statusText(status)}; only 2xx counts as received.`,
      advice: statusAdvice(status),
    };
  return { sentence: known?.long ?? `It failed: ${cause}.`, advice: known?.advice };
}

interface Reason {
  short: string;
  long: string;
}

/** What a held delivery waits for. */
export const HOLD_REASONS: Record<HoldReason, Reason> = {
  bundled: { short: "bundled", long: "Its event goes with another delivery, which carries it." },
  owner_disabled: {
    short: "owner switched off",
    long: "The owner of its webhook is switched off. It is sent when they are switched on again.",
  },
  disabled: {
    short: "webhook switched off",
    long: "Its webhook was switched off, since the receiver said that it is gone or did nothing but fail. It is sent when the webhook is resumed.",
  },
  paused: {
    short: "webhook paused",
    long: "Its webhook is paused. It is sent when the webhook is resumed.",
  },
  secret_expired: {
    short: "secret expired",
    long: "The secret that it would be signed with has expired. It is sent when the webhook has a new one.",
  },
  breaker: {
    short: "receiver failing",
    long: "The receiver failed too often and is left alone for a while. It is sent as soon as the receiver answers again.",
  },
  paced: {
    short: "waits its turn",
    long: "It waits for its turn in the webhook's rate, or for other events to go with.",
  },
  busy: {
    short: "receiver busy",
    long: "The receiver has as many requests on their way as it may have. It is next when one of them ends.",
  },
};

/** Why a delivery was given up. */
export const DEAD_REASONS: Record<DeadReason, Reason> = {
  exhausted: { short: "attempts used up", long: "The last attempt of the schedule failed." },
  gone: { short: "receiver gone", long: "The receiver answered 410 Gone." },
  registration_deleted: { short: "webhook deleted", long: "Its webhook was deleted." },
  discarded: {
    short: "discarded",
    long: "Its webhook was paused and discards what comes meanwhile, or what was held was thrown away.",
  },
  hold_overflow: {
    short: "held too long",
    long: "It was held for too long, or too many others were held with it.",
  },
  condition_failed: {
    short: "condition failed",
    long: "The condition of its webhook could not be evaluated on its event.",
  },
  expunged: { short: "payload removed", long: "The payload of its event was removed on request." },
};

/** What is looked at when a webhook is told of an event, or is not. */
export const CHECKS: Record<Check, string> = {
  filter: "Asks for this kind of event",
  owner: "Owner is switched on",
  audience: "Event is for the owner",
  permission: "Owner may read the resource",
  condition: "Condition holds",
  registration: "Webhook takes deliveries",
};

const isOf = <Name extends string>(names: Record<Name, unknown>, name: string): name is Name =>
  Object.hasOwn(names, name);

/** Whether the api knows this hold reason; an address may say anything. */
export const isHoldReason = (name: string): name is HoldReason => isOf(HOLD_REASONS, name);

/** Whether the api knows this dead reason. */
export const isDeadReason = (name: string): name is DeadReason => isOf(DEAD_REASONS, name);

/** Puts the names of reasons in the api's sentences into words: `paused` in backticks is a code. */
export function inWords(sentence: string): string {
  const text = sentence.replace(/`([a-z_]+)`/g, (whole, name: string) => {
    if (isHoldReason(name)) return HOLD_REASONS[name].short;
    if (isDeadReason(name)) return DEAD_REASONS[name].short;
    return whole;
  });
  return asSentence(text);
}

/** A clause of the api as a sentence of its own. */
function asSentence(clause: string): string {
  const text = clause.trim();
  if (text === "") return text;
  const first = (text[0] ?? "").toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
