import { indentJson, jsonError } from "./json";
import { isEventType } from "@/features/history/eventType";

/** An event as the form has it. */
export interface Draft {
  filter: string;
  type: string;
  resourceId: string;
  resourceName: string;
  category: string;
  actor: string;
  /** JSON, or nothing. */
  data: string;
  audience: string[];
  /** The publisher's own id; publishing it again does nothing. */
  id: string;
}

export const EMPTY_DRAFT: Draft = {
  filter: "",
  type: "",
  resourceId: "",
  resourceName: "",
  category: "",
  actor: "",
  data: "",
  audience: [],
  id: "",
};

const OWN_ID = /^[!-~]{1,255}$/;

/** What is wrong with an event before the server has a look. */
export function draftErrors(draft: Draft): Partial<Record<keyof Draft, string>> {
  const errors: Partial<Record<keyof Draft, string>> = {};
  if (draft.filter === "") errors.filter = "Choose what kind of event it is.";
  if (draft.type === "") errors.type = "Say what happened, such as Added.";
  else if (!isEventType(draft.type))
    errors.type = "A type has up to 64 letters, digits, and the signs _ . -";
  if (draft.resourceId === "") errors.resourceId = "Say which thing it is about.";
  const wrong = draft.data.trim() === "" ? undefined : jsonError(draft.data);
  if (wrong !== undefined) errors.data = `This is no JSON: ${wrong}`;
  if (draft.id !== "" && !OWN_ID.test(draft.id))
    errors.id = "An id has up to 255 ASCII characters and no blanks.";
  return errors;
}

/** The fields of the form, by the names that the api has for them. */
export const FIELDS: Record<string, keyof Draft> = {
  filter: "filter",
  type: "type",
  "resource.id": "resourceId",
  "resource.name": "resourceName",
  "resource.category": "category",
  resource: "resourceId",
  actor: "actor",
  data: "data",
  audience: "audience",
  id: "id",
};

/** The body of the request: the data in it as it was written. */
export function bodyOf(draft: Draft): string {
  const given = (text: string) => (text === "" ? undefined : text);
  const event = JSON.stringify({
    filter: draft.filter,
    type: draft.type,
    resource: {
      id: draft.resourceId,
      name: given(draft.resourceName),
      category: given(draft.category),
    },
    actor: given(draft.actor),
    audience: draft.audience.length === 0 ? undefined : draft.audience,
    id: given(draft.id),
  });
  const data = draft.data.trim();
  return data === "" ? event : `${event.slice(0, -1)},"data":${data}}`;
}

/** The same data, laid out; what is no JSON stays as it is. */
export function laidOut(data: string): string {
  return data.trim() === "" || jsonError(data) !== undefined ? data : indentJson(data);
}

/** Makes keys for requests: the same for the same request, so that a repeat does nothing. */
export class RequestKeys {
  private last: { body: string; key: string } | undefined;

  constructor(private readonly random: () => string = randomKey) {}

  keyOf(body: string): string {
    if (this.last?.body !== body) this.last = { body, key: this.random() };
    return this.last.key;
  }

  /** The request was answered: the same again is meant as another one. */
  forget(): void {
    this.last = undefined;
  }
}

function randomKey(): string {
  // Not `randomUUID`, which pages without TLS do not have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
