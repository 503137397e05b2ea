import { Button, Stack, Text, Title } from "@mantine/core";
import { useRouteError } from "react-router";

/** A page that broke: a mistake of ours, or a new version was installed meanwhile. */
export function PageError() {
  const error = useRouteError();
  // Chunks of the version before are gone after an upgrade: loading the page again gets the new ones.
  const outdated = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <Stack align="flex-start" p="md" role="alert">
      <Title order={1}>{outdated ? "There is a new version" : "Something broke"}</Title>
      <Text>
        {outdated
          ? "The pages were updated since this one was opened."
          : "This page has a fault. Nothing was changed by it."}
      </Text>
      <Button onClick={() => location.reload()}>Load the page again</Button>
    </Stack>
  );
}
