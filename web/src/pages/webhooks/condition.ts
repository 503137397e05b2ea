import { api, send } from "@/api/client";

/** What the server says of a condition: null when it can be read. */
export interface Checked {
  mistake: string | null;
}

/** Has a condition read by the server, which keeps nothing of it. */
export async function checkCondition(condition: string, signal: AbortSignal): Promise<Checked> {
  const query = { condition };
  const answer = await send(api.GET("/api/v1/conditions/check", { params: { query }, signal }));
  return { mistake: answer.mistake };
}
