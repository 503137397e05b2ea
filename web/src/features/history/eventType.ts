/** The types that publishers use the most. */
export const COMMON_TYPES = ["Added", "Edited", "Deleted", "Executed", "Test"];

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/;

/** Whether this can be the type of an event. */
export function isEventType(text: string): boolean {
  return TYPE.test(text);
}
