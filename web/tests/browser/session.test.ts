import { expect, settled, signInWithoutForm, test } from "./support/test";
import { Api, type Somebody } from "./support/api";
import { Server } from "./support/server";
import type { Page } from "@playwright/test";

async function signIn(page: Page, { name, password }: Somebody): Promise<void> {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a user signs in and sees their webhooks", async ({ page, api }) => {
  const ada = await api.addUser();
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in$/);
  await signIn(page, ada);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Webhooks");
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await expect(page.getByRole("button", { name: `Account of ${ada.name}` })).toBeVisible();
  expect(await page.evaluate(() => document.cookie), "scripts cannot read the session").toBe("");
});

test("an administrator lands on the overview", async ({ page, api }) => {
  await page.goto("/sign-in");
  await signIn(page, await api.addUser({ administrator: true }));
  await expect(page).toHaveURL(/\/overview$/);
});

test("a wrong password says so and keeps the name", async ({ page, api }) => {
  const ada = await api.addUser();
  await page.goto("/sign-in");
  await signIn(page, { ...ada, password: "not the password at all" });
  await expect(page.getByRole("alert")).toHaveText("The user name or the password is wrong.");
  await expect(page.getByLabel("User name")).toHaveValue(ada.name);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
});

test("a link to a page leads there after signing in", async ({ page, api }) => {
  const ada = await api.addUser();
  await page.goto("/deliveries?state=dead");
  await signIn(page, ada);
  await expect(page).toHaveURL(/\/deliveries\?state=dead$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Deliveries");
});

test("who is not an administrator is told so, and not shown the way", async ({
  page,
  api,
  enter,
}) => {
  await enter(await api.addUser(), "/users");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("For administrators");
  const navigation = page.getByRole("navigation", { name: "Main" });
  await expect(navigation.getByRole("link", { name: "Deliveries" })).toBeVisible();
  await expect(navigation.getByRole("link", { name: "Users" })).toHaveCount(0);
});

test("a session that an administrator ends leads to the sign-in page and back", async ({
  page,
  api,
  enter,
}) => {
  const ada = await api.addUser();
  await enter(ada, "/deliveries");
  await api.call("DELETE", `/api/v1/users/${ada.id}/tokens`);
  // Either the stream of news or the next request finds out.
  await expect(page.getByText("Your session has ended.")).toBeVisible({ timeout: 20_000 });
  await signIn(page, ada);
  await expect(page).toHaveURL(/\/deliveries$/);
});

test("a session that nobody uses ends by itself", async ({ page }) => {
  const server = await Server.start({ "api.session_idle": "2s" });
  try {
    const api = new Api(server, "idle");
    const ada = await api.addUser();
    await page.goto(`${server.url}/sign-in`);
    await signIn(page, ada);
    await settled(page);
    // What the pages do by themselves does not keep the session alive.
    await expect(page.getByText("Your session has ended.")).toBeVisible({ timeout: 30_000 });
  } finally {
    await server.stop();
  }
});

test("after signing out the back button shows nothing", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/secret-place`;
  await api.addWebhook(ada, { uri });
  await enter(ada, "/webhooks");
  await expect(page.getByText(uri)).toBeVisible();
  await page.getByRole("link", { name: "Deliveries" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Deliveries");

  await page.getByRole("button", { name: `Account of ${ada.name}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  for (const leave of [() => page.goBack(), () => page.goForward(), () => page.goto("/webhooks")]) {
    await leave();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await expect(page.getByText(uri)).toHaveCount(0);
  }
  expect((await page.request.get("/api/v1/me")).status()).toBe(401);
});

test("two browsers of one user have sessions of their own", async ({
  page,
  api,
  browser,
  server,
}) => {
  const ada = await api.addUser();
  await signInWithoutForm(page, ada);
  const other = await browser.newContext({ baseURL: server.url });
  const elsewhere = await other.newPage();
  await signInWithoutForm(elsewhere, ada);
  const out = await elsewhere.request.delete("/api/v1/session", {
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(out.status()).toBe(204);
  expect((await elsewhere.request.get("/api/v1/me")).status()).toBe(401);
  expect((await page.request.get("/api/v1/me")).status()).toBe(200);
  await other.close();
});
