import type { Locator, Page } from "@playwright/test";
import type { Schemas } from "./support/types";
import { expect, test } from "./support/test";

const drawer = (page: Page): Locator => page.getByRole("dialog");
const urlField = (page: Page) => drawer(page).getByRole("textbox", { name: "URL", exact: true });

test("a webhook is created, and its secret and the next steps are shown", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/created`;
  await enter(ada, "/webhooks");
  await page.getByRole("link", { name: "New webhook" }).first().click();
  await urlField(page).fill(uri);
  await drawer(page).getByRole("combobox", { name: "Filters" }).click();
  await page.getByRole("option", { name: /^reports/ }).click();
  await page.keyboard.press("Escape");
  await drawer(page).getByLabel("Description").fill("Tells the tests");
  await drawer(page).getByRole("button", { name: "Create webhook" }).click();

  await expect(page.getByRole("dialog", { name: "The webhook is made" })).toBeVisible();
  const created = await onlyWebhook(api, ada.id);
  expect(created).toMatchObject({ uri, filters: ["reports"], description: "Tells the tests" });
  const secret = await drawer(page).locator(".mono").first().innerText();
  expect(secret.length).toBeGreaterThanOrEqual(32);

  await drawer(page).getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("row").filter({ hasText: uri });
  await expect(row).toContainText("reports");
  await expect(row).toContainText("Tells the tests");
  await expect(row, "the list does not show it").not.toContainText(secret);
});

test("mistakes are said at the field, and nothing is made", async ({ page, api, enter }) => {
  const ada = await api.addUser();
  await enter(ada, "/webhooks/new");
  await urlField(page).fill("not a url");
  await drawer(page).getByRole("button", { name: "Create webhook" }).click();
  await expect(urlField(page)).toHaveAttribute("aria-invalid", "true");
  // What only the server can know.
  await urlField(page).fill("http://10.0.0.1/private");
  await drawer(page).getByRole("button", { name: "Create webhook" }).click();
  await expect(urlField(page)).toHaveAttribute("aria-invalid", "true");
  expect((await listOf(api, ada.id)).items).toEqual([]);
});

test("a webhook is edited, and others see it by the api", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const id = await api.addWebhook(ada, { uri: `${receiver.url}/before`, description: "Before" });
  await enter(ada, `/webhooks/${id}`);
  await drawer(page).getByRole("link", { name: "Edit" }).click();
  await expect(drawer(page).getByLabel("Description")).toHaveValue("Before");
  await drawer(page).getByLabel("Description").fill("After");
  await urlField(page).fill(`${receiver.url}/after`);
  await drawer(page).getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  const changed = await api.call<Schemas["RegistrationView"]>("GET", `/api/v1/registrations/${id}`);
  expect(changed).toMatchObject({ uri: `${receiver.url}/after`, description: "After" });
});

test("what is not saved is asked about", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const id = await api.addWebhook(ada, { uri: `${receiver.url}/kept`, description: "Before" });
  await enter(ada, `/webhooks/${id}/edit`);
  await drawer(page).getByLabel("Description").fill("Lost?");
  await page.keyboard.press("Escape");
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay" }).click();
  await expect(drawer(page).getByLabel("Description")).toHaveValue("Lost?");
  await drawer(page).getByRole("button", { name: "Cancel" }).click();
  await question.getByRole("button", { name: "Leave" }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}$`));
  const kept = await api.call<Schemas["RegistrationView"]>("GET", `/api/v1/registrations/${id}`);
  expect(kept.description).toBe("Before");
});

test("pausing holds deliveries, and unpausing sends them", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/paused`;
  const id = await api.addWebhook(ada, { uri });
  await enter(ada, "/webhooks");
  const paused = page.getByRole("switch", { name: `Paused: ${uri}` });
  await paused.click({ force: true });
  await expect(page.getByText("Paused: deliveries are held until it runs again.")).toBeVisible();
  await api.publish();
  await api.deliveries(id, "held");
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: uri });
  await expect(row.locator('[data-label="Held"]')).toHaveText("1");
  expect(receiver.received).toEqual([]);

  await paused.click({ force: true });
  await expect(page.getByText("Running again: what was held is sent.")).toBeVisible();
  await api.deliveries(id, "delivered");
  expect(await receiver.requests("/paused", 1)).toHaveLength(1);
});

test("a webhook that was paused by mistake runs again by undoing it", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/undone`;
  const id = await api.addWebhook(ada, { uri });
  await enter(ada, "/webhooks");
  const paused = page.getByRole("switch", { name: `Paused: ${uri}` });
  await paused.click({ force: true });
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(paused).not.toBeChecked();
  await api.publish();
  await api.deliveries(id, "delivered");
});

test("a test is sent, and its result is shown", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const id = await api.addWebhook(ada, { uri: `${receiver.url}/tested`, filters: ["reports"] });
  await enter(ada, `/webhooks/${id}`);
  await drawer(page).getByRole("tab", { name: "Test and preview" }).click();
  await drawer(page).getByLabel("Data").fill('{"pages": 12}');
  await drawer(page).getByRole("button", { name: "Send a test" }).click();
  const result = drawer(page).getByRole("status", { name: "Result of the test" });
  await expect(result).toContainText("Delivered");
  await expect(result).toContainText("Answered with 200");
  const [request] = await receiver.requests("/tested", 1);
  expect(request?.headers["webhook-signature"]).toMatch(/^v1,/);
  expect(request?.body).toContain("pages");

  receiver.script("/tested", 404);
  await drawer(page).getByRole("button", { name: "Send a test" }).click();
  await expect(result).toContainText("Answered with 404");
});

test("a preview shows what would be sent, and sends nothing", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const id = await api.addWebhook(ada, { uri: `${receiver.url}/previewed` });
  await enter(ada, `/webhooks/${id}`);
  await drawer(page).getByRole("tab", { name: "Test and preview" }).click();
  await drawer(page).getByRole("button", { name: "Preview" }).click();
  await expect(
    drawer(page)
      .getByText(/webhook-signature/i)
      .first(),
  ).toBeVisible();
  expect(receiver.received).toEqual([]);
});

test("a webhook is deleted after its consequence was confirmed", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/deleted`;
  const id = await api.addWebhook(ada, { uri, paused: true });
  await api.publish();
  await api.deliveries(id, "held");
  await enter(ada, `/webhooks/${id}`);
  await drawer(page).getByRole("button", { name: "Delete" }).click();
  const question = page.getByRole("dialog", { name: "Delete the webhook?" });
  await expect(question).toContainText("1 held delivery is given up with it.");
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  expect((await listOf(api, ada.id)).items).toEqual([]);
});

test("a webhook is created with the keyboard alone", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/keyboard`;
  await enter(ada, "/webhooks");
  const press = async (key: string, until: Locator) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await until.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press(key);
    }
    throw new Error(`${key} never leads there`);
  };
  await press("Tab", page.getByRole("link", { name: "New webhook" }).first());
  await page.keyboard.press("Enter");

  await expect(urlField(page), "the first field has the focus").toBeFocused();
  await page.keyboard.type(uri);
  await press("Tab", drawer(page).getByRole("combobox", { name: "Filters" }));
  await page.keyboard.type("repo");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await press("Tab", drawer(page).getByLabel("Description"));
  await page.keyboard.type("By keys");
  await press("Tab", drawer(page).getByRole("button", { name: "Create webhook" }));
  await page.keyboard.press("Enter");

  await expect(page.getByRole("dialog", { name: "The webhook is made" })).toBeVisible();
  expect(await onlyWebhook(api, ada.id)).toMatchObject({
    uri,
    filters: ["reports"],
    description: "By keys",
  });
  await page.keyboard.press("Escape");
  await expect(drawer(page)).toHaveCount(0);
  await expect(page.getByRole("row").filter({ hasText: uri })).toBeVisible();
});

type List = { items: Schemas["ListedView"][] };
type Caller = { call: <T>(method: string, path: string) => Promise<T> };

function listOf(api: Caller, owner: string): Promise<List> {
  return api.call<List>("GET", `/api/v1/registrations?owner=${owner}`);
}

async function onlyWebhook(api: Caller, owner: string): Promise<Schemas["ListedView"]> {
  const [webhook, ...others] = (await listOf(api, owner)).items;
  if (webhook === undefined || others.length > 0) throw new Error("it is not the only one");
  return webhook;
}
