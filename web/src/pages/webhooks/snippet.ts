/**
 * A receiver that verifies the headers of Standard Webhooks. The secret is read from the environment:
 * it has no place in code.
 */
export function receiverSnippet(secret: string): string {
  const key = secret.startsWith("whsec_")
    ? 'Buffer.from(process.env.WEBHOOK_SECRET.slice("whsec_".length), "base64")'
    : "process.env.WEBHOOK_SECRET";
  return `import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = ${key};

function isGenuine(headers, body) {
  const time = headers["webhook-timestamp"] ?? "";
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const expected = createHmac("sha256", key)
    .update(\`\${headers["webhook-id"]}.\${time}.\`)
    .update(body)
    .digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const [version, value] = signature.split(",");
    const given = Buffer.from(value ?? "", "base64");
    return version === "v1" && given.length === 32 && timingSafeEqual(given, expected);
  });
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
  response.writeHead(204).end(); // answer first, work later
  console.log(request.headers["webhook-id"], body.toString());
}).listen(9000);
`;
}
