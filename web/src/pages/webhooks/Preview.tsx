import { Stack, Title } from "@mantine/core";
import type { PreviewView } from "@/api/schema.gen";
import { CodeBlock, pretty } from "@/components/CodeBlock";

/** The request that would be sent, byte for byte but for the layout of JSON. */
export function Preview({ request }: { request: PreviewView }) {
  const head = [
    `${request.method} ${request.uri}`,
    ...request.headers.map(({ name, value }) => `${name}: ${value}`),
  ].join("\n");
  return (
    <Stack gap="xs" component="section" aria-label="Preview">
      <Title order={3}>What would be sent</Title>
      <CodeBlock label="request line and headers" code={head} wrap />
      <CodeBlock label="body" code={pretty(request.body)} />
      {request.signatureInput !== null && (
        <>
          <Title order={3}>What is signed</Title>
          <CodeBlock label="signed text" code={request.signatureInput} wrap />
        </>
      )}
    </Stack>
  );
}
