import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import type { InboxReport } from "@/api/schema.gen";
import { CodeBlock } from "@/components/CodeBlock";
import { bytesText } from "@/lib/numbers";
import { readBody, type BodyKind } from "./bodyText";

const NAMES: Record<BodyKind, string> = {
  none: "Empty",
  binary: "Binary",
  json: "JSON",
  xml: "XML",
  form: "Form",
  text: "Text",
};

const SHOWN = 65_536;

/** A body, laid out or as it was sent. A stranger wrote it: it is shown as text and nothing else. */
export function Body({ report }: { report: InboxReport }) {
  const body = useMemo(() => readBody(report), [report]);
  const [raw, setRaw] = useState(false);
  if (body.kind === "none") return <Text c="dimmed">It has no body.</Text>;
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        {body.text === body.raw || body.kind === "binary" ? (
          <Text size="sm">{NAMES[body.kind]}</Text>
        ) : (
          <SegmentedControl
            size="xs"
            aria-label="How the body is shown"
            value={raw ? "raw" : "text"}
            onChange={(value) => setRaw(value === "raw")}
            data={[
              { value: "text", label: NAMES[body.kind] },
              { value: "raw", label: "As sent" },
            ]}
          />
        )}
        <Button
          component="a"
          href={`/api/v1/inbox/${report.id}/body`}
          download={`${report.id}.bin`}
          size="compact-sm"
          variant="default"
          leftSection={<Download size={15} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      {report.bodyCut && (
        <Text size="sm" role="note">
          This is the beginning, {bytesText(SHOWN)} of {bytesText(report.bodyBytes)}: the download
          has all of it.
        </Text>
      )}
      {body.kind === "binary" ? (
        <Text c="dimmed">It is no text: download it to look at it.</Text>
      ) : (
        <CodeBlock code={raw ? body.raw : body.text} label="body" wrap={raw} />
      )}
    </Stack>
  );
}
