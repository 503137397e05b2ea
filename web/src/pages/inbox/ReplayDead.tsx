import { Alert, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { useConfirm } from "@/components/Confirm";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone, notifyError } from "@/components/notify";
import { FormDrawer } from "@/components/SideDrawer";
import { LocalTime } from "@/features/history/TimeRangeFilter";
import { fromField, moments, toField } from "@/features/history/timeRange";
import { things } from "@/lib/numbers";
import { countDead, type Which } from "./countDead";
import { useReplayDead } from "./queries";

interface Values {
  receiver: string;
  receiverId: string;
  action: string;
  from: string;
  to: string;
  limit: string;
}

const LIMITS = [
  { value: "100", label: "100" },
  { value: "1000", label: "1,000" },
  { value: "10000", label: "10,000" },
];

/** Has many dead webhooks processed again, after saying how many. */
export function ReplayDead() {
  const navigate = useNavigate();
  const { search } = useLocation();
  const client = useQueryClient();
  const confirm = useConfirm();
  const replay = useReplayDead();
  const form = useReplayForm();
  const which = whichOf(form.values);
  const [settled] = useDebouncedValue(which, 300);
  const limit = Number(form.values.limit);
  // What is asked about is what was just written, whatever was counted before.
  const fetchCount = () => client.query({ ...countOf(which), staleTime: 0 }).catch(notifyError);
  const save = async () => {
    const count = await fetchCount();
    if (count === undefined) return;
    if (count.count === 0 && !count.more) {
      notifyDone("No dead webhook matches: there is nothing to replay.");
      return;
    }
    const yes = await confirm({
      title: `Replay ${things(count, "dead webhook", "dead webhooks")}?`,
      body: `All their handlers run again, those that were done as well, the oldest first${count.count > limit || count.more ? `, ${things(limit, "webhook", "webhooks")} at the most` : ""}. Make sure that what made them fail is mended.`,
      action: "Replay",
    });
    if (!yes) return;
    replay.mutate(
      { ...whichOf(form.values), limit },
      {
        onSuccess: () => void navigate({ pathname: "/inbox", search }, { state: { saved: true } }),
      },
    );
  };
  return (
    <FormDrawer
      title="Replay dead webhooks"
      closeTo="/inbox"
      onSubmit={form.onSubmit(() => void save())}
      action="Replay…"
      busy={replay.isPending}
      dirty={false}
    >
      <Stack gap="md">
        {replay.isError && <ErrorNotice error={replay.error} />}
        <Text>
          Webhooks whose handlers failed for good wait here until somebody has them processed again.
        </Text>
        <Fields form={form} />
        <Count which={settled} />
      </Stack>
    </FormDrawer>
  );
}

function Count({ which }: { which: Which }) {
  const { data, isError, error, refetch } = useQuery(countOf(which));
  if (isError) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  const none = data?.count === 0 && !data.more;
  return (
    <Alert color={none ? "gray" : "harbour"} role="status">
      {data === undefined && "Counting…"}
      {none && "No dead webhook matches this."}
      {data !== undefined &&
        !none &&
        `${things(data, "dead webhook matches", "dead webhooks match")} this.`}
    </Alert>
  );
}

function countOf(which: Which) {
  return {
    queryKey: ["inbox", "dead", which],
    queryFn: ({ signal }: { signal: AbortSignal }) => countDead(which, signal),
  };
}

/** Begins with what the list is narrowed to. */
function useReplayForm() {
  const [query] = useSearchParams();
  const { from, to } = moments(Object.fromEntries(query), new Date());
  return useForm<Values>({
    initialValues: {
      receiver: query.get("receiver") ?? "",
      receiverId: query.get("receiverId") ?? "",
      action: query.get("action") ?? "",
      from: toField(from),
      to: toField(to),
      limit: "1000",
    },
  });
}

function whichOf({ receiver, receiverId, action, from, to }: Values): Which {
  const given = {
    receiver: receiver.trim(),
    receiverId: receiverId.trim(),
    action: action.trim(),
    from: fromField(from),
    to: fromField(to),
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && value !== ""),
  );
}

function Fields({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <TextInput
        label="Receiver"
        placeholder="any"
        maxLength={200}
        {...form.getInputProps("receiver")}
      />
      <TextInput
        label="Id of the receiver"
        placeholder="any"
        maxLength={200}
        {...form.getInputProps("receiverId")}
      />
      <TextInput
        label="Action"
        placeholder="any"
        maxLength={200}
        {...form.getInputProps("action")}
      />
      <Select
        label="At the most"
        data={LIMITS}
        allowDeselect={false}
        {...form.getInputProps("limit")}
      />
      <LocalTime
        label="Received from"
        value={form.values.from}
        onChange={(from) => form.setFieldValue("from", from)}
      />
      <LocalTime
        label="Received until"
        value={form.values.to}
        onChange={(to) => form.setFieldValue("to", to)}
      />
    </SimpleGrid>
  );
}
