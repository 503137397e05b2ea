import type { NewEvent, TestEvent } from "@/api/schema.gen";

/** An event as one writes it to try a webhook. */
export interface EventDraft {
  filter: string;
  type: string;
  resourceId: string;
  resourceName: string;
  data: string;
}

/** What is wrong with a draft, by field. */
export function draftMistakes(draft: EventDraft): Partial<Record<keyof EventDraft, string>> {
  return {
    ...(draft.filter === "" && { filter: "Choose a filter." }),
    ...(draft.type.trim() === "" && { type: "Enter a type, such as Added." }),
    ...(draft.resourceId.trim() === "" && { resourceId: "Enter the id of a resource." }),
    ...(draft.data.trim() !== "" && !isJson(draft.data) && { data: "This is not JSON." }),
  };
}

/** The draft as the api takes it, for a test or a preview. */
export function eventOf(draft: EventDraft): NewEvent & TestEvent {
  return {
    filter: draft.filter,
    type: draft.type.trim(),
    resource: {
      id: draft.resourceId.trim(),
      ...(draft.resourceName.trim() !== "" && { name: draft.resourceName.trim() }),
    },
    ...(draft.data.trim() !== "" && { data: JSON.parse(draft.data) as unknown }),
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
