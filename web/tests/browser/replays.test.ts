import type { Schemas } from "./support/types";
import { expect, test } from "./support/test";

test("a replay is counted first, then begun, and seen to be done", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const path = "/replayed";
  receiver.script(path, 500);
  const webhook = await api.addWebhook(ada, {
    uri: receiver.url + path,
    retryDelaysSeconds: [],
  });
  for (let events = 0; events < 3; events += 1) await api.publish();
  await api.deliveries(webhook, "dead", "dead", "dead");
  receiver.script(path, 200);

  await enter(ada, `/replays/new?registrationId=${webhook}`);
  const drawer = page.getByRole("dialog", { name: "New replay" });
  await drawer.getByRole("button", { name: "Count deliveries" }).click();
  await expect(drawer.getByText(/^3 deliveries go again/)).toBeVisible();
  expect(await replaysOf(webhook), "counting starts nothing").toEqual([]);
  await drawer.getByRole("button", { name: "Send 3 again" }).click();

  const replay = page.getByRole("dialog", { name: "Replay" });
  await expect(replay.getByText("3 of 3")).toBeVisible();
  await expect(replay.getByText("Done")).toBeVisible();
  await api.deliveries(webhook, "delivered", "delivered", "delivered");
  expect(await receiver.requests(path, 6)).toHaveLength(6);

  async function replaysOf(id: string): Promise<Schemas["ReplayView"][]> {
    const list = `/api/v1/replays?registrationId=${id}`;
    return (await api.call<{ items: Schemas["ReplayView"][] }>("GET", list)).items;
  }
});

test("a count is no longer true when the choice changes", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const webhook = await api.addWebhook(ada, { uri: `${receiver.url}/counted` });
  await api.publish();
  await api.deliveries(webhook, "delivered");
  await enter(ada, `/replays/new?registrationId=${webhook}`);
  const drawer = page.getByRole("dialog", { name: "New replay" });
  await drawer.getByRole("checkbox", { name: "given up" }).uncheck();
  await drawer.getByRole("checkbox", { name: "delivered" }).check();
  await drawer.getByRole("button", { name: "Count deliveries" }).click();
  await expect(drawer.getByRole("button", { name: "Send 1 again" })).toBeVisible();
  await drawer.getByRole("checkbox", { name: "given up" }).check();
  await expect(drawer.getByRole("button", { name: "Count deliveries" })).toBeVisible();
});

test("a replay that runs is cancelled", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const webhook = await api.addWebhook(ada, { uri: `${receiver.url}/cancelled` });
  for (let events = 0; events < 40; events += 1) await api.publish();
  await receiver.requests("/cancelled", 40);
  await api.deliveries(webhook, ...Array.from({ length: 40 }, () => "delivered"));
  const { id } = await api.call<Schemas["ReplayView"]>(
    "POST",
    `/api/v1/registrations/${webhook}/replays`,
    { states: ["delivered"], pace: 1 },
  );
  await enter(ada, `/replays/${id}`);
  const drawer = page.getByRole("dialog", { name: "Replay", exact: true });
  await expect(drawer.getByText("Running")).toBeVisible();
  await drawer.getByRole("button", { name: "Cancel" }).click();
  const question = page.getByRole("dialog", { name: "Cancel the replay?" });
  await question.getByRole("button", { name: "Cancel the replay" }).click();
  await expect(drawer.getByText("Cancelled", { exact: true })).toBeVisible();
});
