import { createHmac } from "node:crypto";
import { expect, test, vi } from "vitest";
import { receiverSnippet } from "./snippet";

type IsGenuine = (headers: Record<string, string>, body: Buffer) => boolean;

/** The check of the snippet, cut out of its server, as a module of its own. */
async function checkOf(secret: string): Promise<IsGenuine> {
  vi.stubEnv("WEBHOOK_SECRET", secret);
  const code = receiverSnippet(secret).replace(
    /createServer\(async[\s\S]*$/,
    "export { isGenuine };",
  );
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const module = (await import(/* @vite-ignore */ url)) as { isGenuine: IsGenuine };
  return module.isGenuine;
}

function signed(key: Buffer | string, time: number): Record<string, string> {
  const signature = createHmac("sha256", key).update(`dlv_1.${time}.{}`).digest("base64");
  return {
    "webhook-id": "dlv_1",
    "webhook-timestamp": String(time),
    "webhook-signature": `v1a,other v1,${signature}`,
  };
}

const bytes = Buffer.alloc(32, 7);
const now = Math.floor(Date.now() / 1_000);

test.each([
  ["any text", "a".repeat(32), "a".repeat(32)],
  ["whsec_ and base64", `whsec_${bytes.toString("base64")}`, bytes],
])("the receiver that is shown verifies with a secret of %s", async (_, secret, key) => {
  const isGenuine = await checkOf(secret);
  expect(isGenuine(signed(key, now), Buffer.from("{}"))).toBe(true);
  expect(isGenuine(signed(key, now), Buffer.from("{ }"))).toBe(false);
  expect(isGenuine(signed(key, now - 600), Buffer.from("{}"))).toBe(false);
  expect(isGenuine({}, Buffer.from("{}"))).toBe(false);
});
