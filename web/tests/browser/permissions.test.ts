import { expect, test } from "./support/test";

test("a permission that is granted and revoked changes what is delivered", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const root = await api.addUser({ administrator: true });
  const ada = await api.addUser({ reads: false });
  const webhook = await api.addWebhook(ada, { uri: `${receiver.url}/permitted` });
  const unseen = await api.publish();
  await api.dispatched(unseen);
  await enter(root, `/users/${ada.id}`);
  const drawer = page.getByRole("dialog", { name: ada.name });
  await drawer.getByRole("button", { name: "Grant a permission" }).click();
  await drawer.getByRole("combobox", { name: "Kind of resource" }).click();
  await page.getByRole("option", { name: "reports" }).click();
  await drawer.getByText("One", { exact: true }).click();
  await drawer.getByRole("combobox", { name: "Resource", exact: true }).fill(api.resource);
  await drawer.getByRole("button", { name: "Grant", exact: true }).click();
  const takeAway = drawer.getByRole("button", { name: /^Take away:/ });
  await expect(takeAway).toBeVisible();

  const seen = await api.publish();
  const [delivery] = await api.deliveries(webhook, "delivered");
  expect(delivery?.eventId).toBe(seen);

  await takeAway.click();
  const question = page.getByRole("dialog", { name: "Take this permission away?" });
  await question.getByRole("button", { name: "Take away" }).click();
  await expect(takeAway).toHaveCount(0);
  const revoked = await api.publish();
  await api.dispatched(revoked);
  const deliveries = await api.deliveries(webhook, "delivered");
  expect(deliveries.map(({ eventId }) => eventId)).not.toContain(unseen);
  expect(await receiver.requests("/permitted", 1)).toHaveLength(1);
});
