import { expect, test } from "./support/test";

test("an event that is published by hand leads to its deliveries", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const root = await api.addUser({ administrator: true });
  const ada = await api.addUser();
  await api.addWebhook(ada, { uri: `${receiver.url}/by-hand` });
  await enter(root, "/events/new");
  const drawer = page.getByRole("dialog", { name: "Publish an event" });
  await drawer.getByRole("combobox", { name: "Filter" }).fill("reports");
  await page.getByRole("option", { name: "reports" }).click();
  await drawer.getByLabel("Type").fill("Added");
  await page.keyboard.press("Tab");
  await drawer.getByLabel("Resource id").fill(api.resource);
  await drawer.getByRole("button", { name: "Publish" }).click();
  await expect(page).toHaveURL(/\/events\/evt_/);
  await receiver.requests("/by-hand", 1);
  await expect(page.getByRole("dialog").getByText("Delivered").first()).toBeVisible();
});

test("why an event did not arrive is told in words", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser({ reads: false });
  const webhook = await api.addWebhook(ada, { uri: `${receiver.url}/why` });
  const event = await api.publish();
  await api.dispatched(event);
  await enter(ada, `/events/why?eventId=${event}&registrationId=${webhook}`);
  const drawer = page.getByRole("dialog", { name: "Why did an event not arrive?" });
  await drawer.getByText("I know what it was about").click();
  await drawer.getByRole("combobox", { name: "Filter" }).fill("reports");
  await page.getByRole("option", { name: "reports" }).click();
  await drawer.getByLabel("Type").fill("Added");
  await page.keyboard.press("Tab");
  await drawer.getByLabel("Resource id").fill(api.resource);
  await drawer.getByRole("button", { name: "Explain" }).click();
  await expect(drawer.getByText("Does not get it")).toBeVisible();
  await expect(drawer.getByText(`${ada.name} may not be told of it`)).toBeVisible();
});
