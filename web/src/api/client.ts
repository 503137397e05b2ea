import createClient, { type Middleware } from "openapi-fetch";
import { isBackground } from "./activity";
import type { paths } from "./schema.gen";
import { ApiError, errorOf, unreachable } from "./problem";

/** The header that tells the api not to prolong the session. */
export const BACKGROUND = "Postrider-Background";

let onSignedOut: () => void = () => undefined;

/** Sets what happens when the api says that there is no session (any more). */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** Says that the session is over, whoever found out. */
export function signedOut(): void {
  onSignedOut();
}

const session: Middleware = {
  onRequest({ request }) {
    if (isBackground()) request.headers.set(BACKGROUND, "true");
    return request;
  },
  onResponse({ request, response }) {
    const signingIn = new URL(request.url).pathname === "/api/v1/session";
    if (response.status === 401 && !signingIn) signedOut();
  },
};

/** The typed client of the api; its answers go through `send` or `sendForVersion`. */
export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  credentials: "same-origin",
});
api.use(session);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer; whatever is not a success is thrown as an `ApiError`. */
export async function send<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await settle(call)).body;
}

/** The body of an answer with its version, which changing it takes in `If-Match`. */
export async function sendForVersion<T>(
  call: Promise<Answer<T>>,
): Promise<{ body: T; version: string | undefined }> {
  const { body, response } = await settle(call);
  return { body, version: response.headers.get("etag") ?? undefined };
}

async function settle<T>(call: Promise<Answer<T>>): Promise<{ body: T; response: Response }> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    // A request that was called off is not an error of the api.
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw unreachable(cause);
  }
  if (!answer.response.ok) throw errorOf(answer.response, answer.error);
  return { body: answer.data as T, response: answer.response };
}

export { ApiError };
