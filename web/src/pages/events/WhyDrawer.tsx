import { Autocomplete, Button, Group, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { EventChoice } from "@/api/schema.gen";
import { SideDrawer } from "@/components/SideDrawer";
import { FilterSelect } from "@/features/history/FilterSelect";
import { isEventType } from "@/features/history/eventType";
import { useEventTypes } from "@/features/history/queries";
import { RegistrationSelect } from "@/features/history/RegistrationSelect";
import { Explained } from "./Explain";
import classes from "./events.module.css";

type Way = "described" | "id";

interface Asked {
  eventId: string;
  filter: string;
  type: string;
  resourceId: string;
  category: string;
}

interface Question {
  registration: string;
  choice: EventChoice;
}

/**
 * Why an event did not arrive, also for who does not see it: it is enough to know what it was about.
 */
export function WhyDrawer() {
  const [query] = useSearchParams();
  const [way, setWay] = useState<Way>(query.has("eventId") ? "id" : "described");
  const [asked, setAsked] = useState<Asked>({
    eventId: query.get("eventId") ?? "",
    filter: query.get("filter") ?? "",
    type: query.get("type") ?? "",
    resourceId: query.get("resourceId") ?? "",
    category: "",
  });
  const [registration, setRegistration] = useState(query.get("registrationId"));
  const [tried, setTried] = useState(false);
  const [question, setQuestion] = useState<Question>();
  const set = (part: Partial<Asked>) => setAsked({ ...asked, ...part });
  const choice = choiceOf(way, asked);
  const missing = tried ? "This is needed." : undefined;
  const complete: Question | undefined =
    choice === undefined || registration === null ? undefined : { registration, choice };
  // An answer is for the question that was asked, not for what is being written.
  const answered = question !== undefined && same(question, complete) ? question : undefined;
  return (
    <SideDrawer title="Why did an event not arrive?" closeTo="/events">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          setQuestion(complete);
        }}
      >
        <Stack gap="sm">
          <SegmentedControl
            aria-label="Which event"
            value={way}
            onChange={(next) => setWay(next)}
            data={[
              { value: "described", label: "I know what it was about" },
              { value: "id", label: "I have its id" },
            ]}
          />
          {way === "id" ? (
            <TextInput
              label="Event id"
              placeholder="evt_…"
              required
              error={asked.eventId === "" && missing}
              value={asked.eventId}
              onChange={(event) => set({ eventId: event.currentTarget.value.trim() })}
            />
          ) : (
            <Description asked={asked} set={set} missing={missing} />
          )}
          <RegistrationSelect
            label="Webhook"
            placeholder="Choose a webhook"
            required
            error={registration === null && missing}
            value={registration}
            onChange={setRegistration}
          />
          <Group justify="flex-end">
            <Button type="submit">Explain</Button>
          </Group>
        </Stack>
      </form>
      {answered !== undefined && <Explained {...answered} />}
    </SideDrawer>
  );
}

interface DescriptionProps {
  asked: Asked;
  set: (part: Partial<Asked>) => void;
  /** What to say where something is missing; nothing before one asks. */
  missing: string | undefined;
}

function Description({ asked, set, missing }: DescriptionProps) {
  const types = useEventTypes(asked.filter);
  return (
    <>
      <div className={classes.pair}>
        <FilterSelect
          label="Filter"
          required
          error={asked.filter === "" && missing}
          value={asked.filter}
          onChange={(filter) => set({ filter })}
        />
        <Autocomplete
          label="Type"
          required
          data={types}
          error={!isEventType(asked.type) && missing}
          value={asked.type}
          onChange={(type) => set({ type })}
        />
      </div>
      <div className={classes.pair}>
        <TextInput
          label="Resource id"
          required
          error={asked.resourceId === "" && missing}
          value={asked.resourceId}
          onChange={(event) => set({ resourceId: event.currentTarget.value })}
        />
        <TextInput
          label="Category"
          value={asked.category}
          onChange={(event) => set({ category: event.currentTarget.value })}
        />
      </div>
    </>
  );
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** The event as the api takes it; nothing while something is missing. */
function choiceOf(way: Way, asked: Asked): EventChoice | undefined {
  if (way === "id") return asked.eventId === "" ? undefined : { eventId: asked.eventId };
  const { filter, type, resourceId, category } = asked;
  if (filter === "" || resourceId === "" || !isEventType(type)) return undefined;
  const resource = { id: resourceId, ...(category !== "" && { category }) };
  return { event: { filter, type, resource } };
}
