import { Group, Stack, Switch, Title } from "@mantine/core";
import { Link } from "react-router";
import type { RegistrationDetail } from "@/api/schema.gen";
import { CountText } from "@/components/CountText";
import { Facts } from "@/components/Facts";
import { FilterNames } from "@/components/FilterNames";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { UNKNOWN } from "@/lib/numbers";
import { settingsOf } from "../facts";
import { HealthBars } from "../HealthBars";
import { useHealth, usePause } from "../queries";
import { Attention } from "./Attention";

/** What a webhook is, and how its receiver does. */
export function Summary({ webhook }: { webhook: RegistrationDetail }) {
  const pause = usePause();
  return (
    <Stack gap="lg">
      <Attention webhook={webhook} />
      <Group justify="space-between">
        <Group gap="xs">
          <StateBadge state={webhook.flow.state} />
          {webhook.disabled !== null && <StateBadge state="disabled" />}
          {webhook.paused && <StateBadge state="paused" />}
        </Group>
        <Switch
          label="Paused"
          labelPosition="left"
          checked={webhook.paused}
          onChange={(event) =>
            pause.mutate({ id: webhook.id, paused: event.currentTarget.checked })
          }
        />
      </Group>
      <Deliveries webhook={webhook} />
      <section>
        <Title order={2} mb="xs">
          What it is
        </Title>
        <Facts
          facts={[
            ["Filters", <FilterNames key="filters" filters={webhook.filters} />],
            ["Description", webhook.description ?? "–"],
            ...settingsOf(webhook),
            ["Created", <Time key="created" at={webhook.createdAt} exact />],
            ["Changed", <Time key="changed" at={webhook.updatedAt} exact />],
            [
              "Id",
              <span key="id" className="mono">
                {webhook.id}
              </span>,
            ],
          ]}
        />
      </section>
    </Stack>
  );
}

function Deliveries({ webhook }: { webhook: RegistrationDetail }) {
  const health = useHealth(webhook.id);
  const list = `/deliveries?registrationId=${webhook.id}`;
  return (
    <section>
      <Title order={2} mb="xs">
        Deliveries
      </Title>
      <Facts
        facts={[
          [
            "The newest",
            health.data ? <HealthBars key="bars" recent={health.data.recent} /> : UNKNOWN,
          ],
          [
            "Held",
            <Link key="held" to={`${list}&state=held`}>
              <CountText count={webhook.flow.held} />
            </Link>,
          ],
          [
            "Dead",
            <Group key="dead" gap="md">
              <Link to={`${list}&state=dead`}>
                <CountText count={webhook.flow.dead} />
              </Link>
              {webhook.flow.dead.count > 0 && (
                <Link to={`/replays/new?registrationId=${webhook.id}&state=dead`}>
                  Send them again
                </Link>
              )}
            </Group>,
          ],
          [
            "Replays",
            <Link key="replays" to={`/replays?registrationId=${webhook.id}`}>
              See the replays
            </Link>,
          ],
          [
            "Missing an event?",
            <Link key="why" to={`/events/why?registrationId=${webhook.id}`}>
              Find out why it was not sent
            </Link>,
          ],
          [
            "All",
            <Link key="all" to={list}>
              See the deliveries
            </Link>,
          ],
        ]}
      />
    </section>
  );
}
