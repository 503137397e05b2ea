import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api, send } from "@/api/client";
import { ApiError, fieldErrors } from "@/api/problem";
import type { CountView, MatchedView, ReplayView, Violation } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FormDrawer } from "@/components/SideDrawer";
import { notifyDone } from "@/components/notify";
import { countText } from "@/lib/numbers";
import { FIELDS, choiceErrors, choiceFrom, requestOf, type Choice } from "./choice";
import { Counted } from "./Counted";
import { ReplayFields } from "./ReplayFields";

/** What was counted, and for which choice. */
interface Count {
  of: string;
  matched: CountView;
}

/** A new replay: what it would send is counted first, and then it is started. */
export function NewReplay() {
  const [query] = useSearchParams();
  const [initial] = useState(() => choiceFrom(query));
  const form = useForm<Choice>({ initialValues: initial, validate: choiceErrors });
  const [count, setCount] = useState<Count>();
  const [rest, setRest] = useState<Violation[]>([]);
  const onRefused = (error: Error) => {
    const violations = error instanceof ApiError ? error.violations : [];
    const { errors, rest: others } = fieldErrors(violations, FIELDS);
    form.setErrors(errors);
    setRest(others);
  };
  const counting = useMutation({
    mutationFn: (choice: Choice) => ask(choice, true) as Promise<MatchedView>,
    onSuccess: ({ matched }, choice) => setCount({ of: JSON.stringify(choice), matched }),
    onError: onRefused,
  });
  const starting = useStart(onRefused);
  // A count is of what was counted, not of what is being changed.
  const counted = count?.of === JSON.stringify(form.values) ? count.matched : undefined;
  const ready = counted !== undefined && (counted.count > 0 || counted.more);
  const error = starting.error ?? counting.error;
  return (
    <FormDrawer
      title="New replay"
      closeTo="/replays"
      action={ready ? `Send ${countText(counted)} again` : "Count deliveries"}
      busy={counting.isPending || starting.isPending}
      dirty={form.isDirty()}
      onSubmit={form.onSubmit((choice) =>
        ready ? starting.mutate(choice) : counting.mutate(choice),
      )}
    >
      {error !== null && <ErrorNotice error={error} violations={rest} />}
      <ReplayFields form={form} />
      <Counted matched={counted} pace={Number(form.values.pace)} />
    </FormDrawer>
  );
}

function ask(choice: Choice, dryRun: boolean): Promise<MatchedView | ReplayView> {
  return send<MatchedView | ReplayView>(
    api.POST("/api/v1/registrations/{id}/replays", {
      params: { path: { id: choice.registration ?? "" } },
      body: { ...requestOf(choice), dryRun },
    }),
  );
}

function useStart(onError: (error: Error) => void) {
  const navigate = useNavigate();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (choice: Choice) => ask(choice, false) as Promise<ReplayView>,
    onSuccess: async ({ id }) => {
      notifyDone("The replay has begun.");
      await client.invalidateQueries({ queryKey: ["replays"] });
      await navigate(`/replays/${id}`, { state: { saved: true } });
    },
    onError,
  });
}
