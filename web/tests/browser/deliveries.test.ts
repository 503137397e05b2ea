import type { Page } from "@playwright/test";
import { expect, test } from "./support/test";

const row = (page: Page, uri: string) => page.getByRole("row").filter({ hasText: uri });

/** A mark that is gone if the page is loaded again. */
const marked = (page: Page) => page.evaluate(() => document.body.dataset.mark);
const mark = (page: Page) =>
  page.evaluate(() => {
    document.body.dataset.mark = "still here";
  });

test("a delivery that fails and then succeeds is seen to do so without a reload", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/flaky`;
  await api.addWebhook(ada, { uri, retryDelaysSeconds: [1] });
  await enter(ada, "/deliveries");
  await expect(page.getByText("Nothing was sent yet")).toBeVisible();
  await expect(page.getByRole("banner").getByRole("status")).toHaveText(/^Live:/);
  await mark(page);

  receiver.script("/flaky", 503, "hang");
  await api.publish();
  await expect(row(page, uri)).toContainText("Pending");
  await expect(row(page, uri)).toContainText("503");
  await receiver.requests("/flaky", 2);
  receiver.release(200);
  await expect(row(page, uri)).toContainText("Delivered");
  await expect(row(page, uri).locator('[data-label="Attempts"]')).toHaveText("2");
  expect(await marked(page), "the page was not loaded again").toBe("still here");
});

test("the details of a delivery tell each attempt", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const uri = `${receiver.url}/told`;
  receiver.script("/told", 500, 200);
  const webhook = await api.addWebhook(ada, { uri, retryDelaysSeconds: [1] });
  await api.publish({ data: { pages: 12 } });
  const [delivery] = await api.deliveries(webhook, "delivered");
  await enter(ada, `/deliveries/${delivery?.id}`);
  const drawer = page.getByRole("dialog", { name: "Delivery" });
  await expect(drawer).toContainText("Delivered");
  await expect(drawer).toContainText("answered 200");
  await expect(drawer.getByText("500").first()).toBeVisible();
  await expect(drawer.getByRole("link", { name: new RegExp(api.resource) })).toBeVisible();
});

test("a dead delivery is sent again", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  receiver.script("/again", 500, 200);
  const webhook = await api.addWebhook(ada, {
    uri: `${receiver.url}/again`,
    retryDelaysSeconds: [],
  });
  await api.publish();
  const [delivery] = await api.deliveries(webhook, "dead");
  await enter(ada, `/deliveries/${delivery?.id}`);
  const drawer = page.getByRole("dialog", { name: "Delivery" });
  await expect(drawer).toContainText("Dead");
  await drawer.getByRole("button", { name: "Send again" }).click();
  await expect(drawer.getByText("Delivered", { exact: true })).toBeVisible();
  const requests = await receiver.requests("/again", 2);
  expect(requests[1]?.headers["webhook-id"]).toBe(requests[0]?.headers["webhook-id"]);
});

test("the list is narrowed by state, and the address says so", async ({
  page,
  api,
  enter,
  receiver,
}) => {
  const ada = await api.addUser();
  receiver.script("/bad", 500);
  const good = await api.addWebhook(ada, { uri: `${receiver.url}/good` });
  const bad = await api.addWebhook(ada, { uri: `${receiver.url}/bad`, retryDelaysSeconds: [] });
  await api.publish();
  await api.deliveries(good, "delivered");
  await api.deliveries(bad, "dead");
  await enter(ada, "/deliveries?state=dead");
  await expect(row(page, "/bad")).toBeVisible();
  await expect(row(page, "/good")).toHaveCount(0);
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(row(page, "/good")).toBeVisible();
  await expect(page).toHaveURL(/\/deliveries$/);
});

test("users see no deliveries of others", async ({ page, api, enter, receiver }) => {
  const ada = await api.addUser();
  const bob = await api.addUser();
  const bobs = await api.addWebhook(bob, { uri: `${receiver.url}/bobs` });
  await api.publish();
  const [delivery] = await api.deliveries(bobs, "delivered");
  await enter(ada, "/deliveries");
  await expect(page.getByText("Nothing was sent yet")).toBeVisible();
  await page.goto(`/deliveries/${delivery?.id}`);
  await expect(page.getByText("This delivery is not there")).toBeVisible();
});
