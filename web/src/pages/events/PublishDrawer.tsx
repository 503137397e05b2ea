import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { api, send } from "@/api/client";
import { ApiError, fieldErrors } from "@/api/problem";
import type { NewEvent, PublishedEvent, Violation } from "@/api/schema.gen";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FormDrawer, SideDrawer } from "@/components/SideDrawer";
import { notifyDone } from "@/components/notify";
import { useMayPublish } from "./mayPublish";
import { EMPTY_DRAFT, FIELDS, RequestKeys, bodyOf, draftErrors, type Draft } from "./publish";
import { PublishFields } from "./PublishFields";

/** Publishes an event by hand, to try what becomes of it. */
export function PublishDrawer() {
  return useMayPublish() ? <PublishForm /> : <NotAllowed />;
}

function PublishForm() {
  const form = useForm<Draft>({ initialValues: EMPTY_DRAFT, validate: draftErrors });
  const [rest, setRest] = useState<Violation[]>([]);
  const publish = usePublish((error) => {
    const { errors, rest: others } = fieldErrors(error.violations, Object.keys(FIELDS));
    for (const [name, message] of Object.entries(errors))
      form.setFieldError(FIELDS[name] ?? name, message);
    setRest(others);
  });
  const { error } = publish;
  return (
    <FormDrawer
      title="Publish an event"
      closeTo="/events"
      action="Publish"
      busy={publish.isPending}
      dirty={form.isDirty()}
      onSubmit={form.onSubmit((draft) => publish.mutate(draft))}
    >
      {error !== null && hasMore(error, rest) && <ErrorNotice error={error} violations={rest} />}
      <PublishFields form={form} />
    </FormDrawer>
  );
}

/** Whether there is something to say besides what is at the fields. */
function hasMore(error: Error, rest: readonly Violation[]): boolean {
  return rest.length > 0 || !(error instanceof ApiError) || error.violations.length === 0;
}

function usePublish(onRefused: (error: ApiError) => void) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const keys = useRef(new RequestKeys());
  return useMutation({
    mutationFn: async (draft: Draft) => {
      const body = bodyOf(draft);
      // An id of the publisher's own is a key itself, whatever else the event says.
      const key = draft.id === "" ? keys.current.keyOf(body) : undefined;
      const { events } = await send(
        api.POST("/api/v1/events", {
          params: { header: key === undefined ? {} : { "Idempotency-Key": key } },
          body: JSON.parse(body) as NewEvent,
          bodySerializer: () => body,
        }),
      );
      keys.current.forget();
      return events[0];
    },
    onSuccess: async (event: PublishedEvent | undefined) => {
      notifyDone(
        event?.duplicate === true
          ? "An event with this id was accepted before: nothing happened this time."
          : "The event is accepted.",
      );
      await client.invalidateQueries({ queryKey: ["events"] });
      await navigate(event === undefined ? "/events" : `/events/${event.id}`, {
        state: { saved: true },
      });
    },
    onError: (error) => {
      if (error instanceof ApiError) onRefused(error);
    },
  });
}

function NotAllowed() {
  return (
    <SideDrawer title="Publish an event" closeTo="/events">
      <EmptyState title="Publishing is not for this login" to="/webhooks" action="To your webhooks">
        <p>
          Events are published by administrators, and by programs with an API key that has the scope
          publish. To try a webhook of your own, send it a test.
        </p>
      </EmptyState>
    </SideDrawer>
  );
}
