import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { CreatedApiKey } from "@/api/schema.gen";
import { CodeBlock } from "@/components/CodeBlock";
import { CopyButton } from "@/components/Copy";

interface Props {
  made: CreatedApiKey;
  onDone: () => void;
}

/** A new key, once: only the button closes this, so that no stray click loses it. */
export function KeyShown({ made, onDone }: Props) {
  return (
    <Modal
      opened
      onClose={onDone}
      title={`The key “${made.name}”`}
      size="lg"
      centered
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="sm">
        <Alert color="yellow" title="This is the only time it is shown">
          Copy it to where it is used, or to a safe for secrets. Nobody can see it again; a lost key
          is revoked and replaced by a new one.
        </Alert>
        <CodeBlock code={made.key} label="API key" wrap />
        <Text size="sm">Programs send it with every request:</Text>
        <CodeBlock
          code={`curl -H 'authorization: Bearer ${made.key}' ${location.origin}/api/v1/me`}
          label="example"
          wrap
        />
        <Group justify="flex-end" gap="xs">
          <CopyButton value={made.key} what="key" wide />
          <Button onClick={onDone}>I have kept it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
