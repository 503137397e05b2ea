import { Anchor, Button, Group, Text } from "@mantine/core";
import { Link, useLocation, useParams } from "react-router";
import { useConfirm } from "@/components/Confirm";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { Time } from "@/components/Time";
import { Loaded } from "@/features/details/Loaded";
import { Section } from "@/features/details/Section";
import { countText } from "@/lib/numbers";
import { ORIGINS } from "./origins";
import { useDeleteFilter, useFilter, useUses, type VersionedFilter } from "./queries";

/** A filter: what its events tell of, and who asks for them. */
export function Detail() {
  const { name = "" } = useParams();
  const query = useFilter(name);
  const remove = useDeleteFilter();
  return (
    <SideDrawer
      title={query.data?.body.name ?? "Filter"}
      closeTo="/filters"
      footer={query.data !== undefined && <Actions filter={query.data} remove={remove} />}
    >
      {remove.isError && <ErrorNotice error={remove.error} />}
      <Loaded query={query} missing="There is no such filter (any more).">
        {(filter) => <Known filter={filter} />}
      </Loaded>
    </SideDrawer>
  );
}

function Known({ filter: { body: filter } }: { filter: VersionedFilter }) {
  const uses = useUses(filter.name);
  return (
    <>
      <Facts
        facts={[
          [
            "Name",
            <span key="name" className="mono">
              {filter.name}
            </span>,
          ],
          ["Description", filter.description ?? "–"],
          ["Origin", ORIGINS[filter.origin]],
          ["Event types", filter.eventTypes?.join(", ") ?? "whatever its publishers say"],
          ...(filter.origin === "custom"
            ? ([
                ["Added", <Time key="added" at={filter.createdAt} exact />],
                ["Last changed", <Time key="changed" at={filter.updatedAt} exact />],
              ] as const)
            : []),
        ]}
      />
      <Section title="Used by">
        <Anchor component={Link} to={`/webhooks?filter=${filter.name}`}>
          Webhooks that ask for it by name ({countText(uses.data)})
        </Anchor>
        <Text c="dimmed" size="sm" mt={4}>
          Webhooks for all events get its events as well
          {filter.name === "postrider" && ", but not these"}.
        </Text>
        <Anchor component={Link} to={`/events?filter=${filter.name}`}>
          Its events
        </Anchor>
      </Section>
    </>
  );
}

interface ActionsProps {
  filter: VersionedFilter;
  remove: ReturnType<typeof useDeleteFilter>;
}

function Actions({ filter, remove }: ActionsProps) {
  const { search } = useLocation();
  const confirm = useConfirm();
  const { name, origin } = filter.body;
  if (origin !== "custom") {
    return (
      <Text size="sm" c="dimmed">
        {origin === "builtIn"
          ? "It comes with the product, and stays as it is."
          : "It is in the configuration of the server, and is changed there (api.filters)."}
      </Text>
    );
  }
  const ask = async () => {
    const yes = await confirm({
      title: `Delete the filter ${name}?`,
      body: "Events of it can no longer be published, nor asked for. Only a filter that no webhook asks for by name can be deleted; events that were published stay in the history.",
      action: "Delete filter",
      danger: true,
    });
    if (yes) remove.mutate(filter);
  };
  return (
    <Group justify="space-between" gap="xs">
      <Button color="red.9" onClick={() => void ask()} loading={remove.isPending}>
        Delete
      </Button>
      <Button variant="default" component={Link} to={{ pathname: `/filters/${name}/edit`, search }}>
        Edit
      </Button>
    </Group>
  );
}
