import type { Problem, Violation } from "./schema.gen";

/** A request that failed: the api refused it, or did not answer. */
export class ApiError extends Error {
  /** The status of the answer; 0 when there was none. */
  readonly status: number;
  /** What to decide by, such as `validation_failed`; `unreachable` without an answer. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly violations: readonly Violation[];
  readonly requestId: string | undefined;
  /** How many seconds to wait before another try, if the api says so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem: Partial<Problem>, retryAfter?: number) {
    super(problem.title ?? "The request failed");
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.detail = problem.detail;
    this.violations = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.retryAfter = retryAfter;
  }
}

/** The error of an answer that is not a success. */
export function errorOf(response: Response, body: unknown): ApiError {
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const problem: Partial<Problem> = isProblem(body)
    ? body
    : { title: `The server answered with ${response.status}`, code: "unknown" };
  return new ApiError(
    response.status,
    problem,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

/** The error of a request that had no answer. */
export function unreachable(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError(0, {
    title: "The server cannot be reached",
    code: "unreachable",
    detail: "Check the connection, and try again.",
  });
}

/** Whether trying the same again makes sense. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/** Whether what was asked for is not there (or not for this user). */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "code" in body;
}

/**
 * Maps the mistakes in a body to the fields of a form: `/rateLimit/requests` is `rateLimit.requests`.
 *
 * A mistake whose pointer no field is named after goes to the field of its nearest parent; what has
 * none is in `rest`, to be shown above the form.
 */
export function fieldErrors(
  violations: readonly Violation[],
  fields: readonly string[],
): { errors: Record<string, string>; rest: Violation[] } {
  const errors: Record<string, string> = {};
  const rest: Violation[] = [];
  for (const violation of violations) {
    const field = nearestField(violation.pointer, fields);
    if (field === undefined) rest.push(violation);
    else errors[field] = [errors[field], violation.detail].filter(Boolean).join(" ");
  }
  return { errors, rest };
}

function nearestField(pointer: string, fields: readonly string[]): string | undefined {
  const segments = pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  for (let length = segments.length; length > 0; length -= 1) {
    const path = segments.slice(0, length).join(".");
    if (fields.includes(path)) return path;
  }
  return undefined;
}
