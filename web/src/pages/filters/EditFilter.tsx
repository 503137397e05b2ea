import { Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { api, ApiError, send } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import { ErrorNotice } from "@/components/ErrorNotice";
import { notifyDone } from "@/components/notify";
import { FormDrawer, SideDrawer } from "@/components/SideDrawer";
import { Loaded } from "@/features/details/Loaded";
import { DescriptionField } from "./NewFilter";
import { useFilter, type VersionedFilter } from "./queries";

/** Describes a filter. */
export function EditFilter() {
  const { name = "" } = useParams();
  const query = useFilter(name);
  if (query.data !== undefined) return <Known filter={query.data} />;
  return (
    <SideDrawer title="Filter" closeTo="/filters">
      <Loaded query={query} missing="There is no such filter (any more).">
        {() => null}
      </Loaded>
    </SideDrawer>
  );
}

function Known({ filter: latest }: { filter: VersionedFilter }) {
  // Of the version that is edited, whatever comes in meanwhile: that is what If-Match is for.
  const [{ body: filter, version }] = useState(latest);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const closeTo = `/filters/${filter.name}`;
  const form = useForm({ initialValues: { description: filter.description ?? "" } });
  const change = useMutation({
    mutationFn: (description: string) => {
      const params = { path: { name: filter.name }, header: { "If-Match": version } };
      const body = { description: description.trim() || null };
      return send(api.PUT("/api/v1/filters/{name}", { params, body }));
    },
    onSuccess: async () => {
      notifyDone(`The filter ${filter.name} is saved.`);
      await client.invalidateQueries({ queryKey: ["filters"] });
      await navigate({ pathname: closeTo, search }, { state: { saved: true } });
    },
    onError: (error) => {
      if (error instanceof ApiError)
        form.setErrors(fieldErrors(error.violations, ["description"]).errors);
    },
  });
  const inForm = change.error instanceof ApiError && change.error.violations.length > 0;
  return (
    <FormDrawer
      title={`Edit ${filter.name}`}
      closeTo={closeTo}
      onSubmit={form.onSubmit(({ description }) => change.mutate(description))}
      action="Save"
      busy={change.isPending}
      dirty={form.isDirty() && !change.isSuccess}
    >
      <Stack gap="md">
        {change.isError && !inForm && <ErrorNotice error={change.error} />}
        <DescriptionField data-autofocus {...form.getInputProps("description")} />
      </Stack>
    </FormDrawer>
  );
}
