import type { Page } from "@playwright/test";
import { expect, test } from "./support/test";

const headings = (page: Page) =>
  page.getByRole("table", { name: "Webhooks" }).getByRole("columnheader");

/** What the grid of the report server has, for administrators. */
const SIX = ["User", "Webhook URL", "Secret", "Filters", "Description", "Paused"];

test("users see their own webhooks and no column of users", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const bob = await api.addUser();
  await api.addWebhook(ada, { uri: `${receiver.url}/ada` });
  const bobs = await api.addWebhook(bob, { uri: `${receiver.url}/bob` });
  await enter(ada, "/webhooks");
  await expect(page.getByText(`${receiver.url}/ada`)).toBeVisible();
  await expect(page.getByText(`${receiver.url}/bob`)).toHaveCount(0);
  const shown = (await headings(page).allInnerTexts()).map((text) => text.trim());
  expect(shown).toEqual(expect.arrayContaining(SIX.slice(1)));
  expect(shown).not.toContain("User");

  await page.goto(`/webhooks/${bobs}`);
  await expect(page.getByText("There is no such webhook")).toBeVisible();
});

test("administrators see everybody's webhooks and whose they are", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const bob = await api.addUser();
  const root = await api.addUser({ administrator: true });
  await api.addWebhook(ada, { uri: `${receiver.url}/ada` });
  await api.addWebhook(bob, { uri: `${receiver.url}/bob` });
  await enter(root, `/webhooks?q=${encodeURIComponent(receiver.url)}`);
  await expect(page.getByRole("row").filter({ hasText: "/ada" })).toContainText(ada.name);
  const bobs = page.getByRole("row").filter({ hasText: "/bob" });
  await expect(bobs).toContainText(bob.name);
  await expect(bobs.getByRole("button", { name: "Show the secret" })).toHaveCount(0);
  const shown = (await headings(page).allInnerTexts()).map((text) => text.trim());
  expect(shown.slice(0, SIX.length)).toEqual(SIX);
});

test("the secret is shown to its owner, and hidden again", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const secret = "a secret of the tests, 32 letters or more";
  await api.addWebhook(ada, { uri: `${receiver.url}/secret`, secret });
  await enter(ada, "/webhooks");
  await expect(page.getByText(secret)).toHaveCount(0);
  await page.getByRole("button", { name: "Show the secret" }).click();
  await expect(page.getByText(secret)).toBeVisible();
  await page.getByRole("button", { name: "Hide the secret" }).first().click();
  await expect(page.getByText(secret)).toHaveCount(0);
});

test("the list is sorted by URL, and the order is kept in the browser", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  for (const path of ["b", "c", "a"]) await api.addWebhook(ada, { uri: `${receiver.url}/${path}` });
  await enter(ada, "/webhooks");
  const urls = () => page.locator("td[data-main] a, [role=cell][data-main] a").allInnerTexts();
  const of = (...paths: string[]) => paths.map((path) => `${receiver.url}/${path}`);
  await expect.poll(urls).toEqual(of("a", "b", "c"));
  await headings(page).filter({ hasText: "Webhook URL" }).getByRole("button").click();
  await expect.poll(urls).toEqual(of("c", "b", "a"));
  await page.reload();
  await expect.poll(urls).toEqual(of("c", "b", "a"));
});
