import type { Locator, Page } from "@playwright/test";
import { Api } from "./support/api";
import { withHistory } from "./support/history";
import { Server, type Settings } from "./support/server";
import { expect, settled, signInWithoutForm, test } from "./support/test";

const figure = (page: Page, label: string): Locator =>
  page.getByRole("main").getByRole("link").filter({ hasText: label });

/** A server of its own: what the overview tells is about everybody. */
async function withServer(
  page: Page,
  settings: Settings,
  test: (api: Api) => Promise<void>,
): Promise<void> {
  const server = await Server.start(settings);
  try {
    const api = new Api(server, "overview");
    const root = await api.addUser({ administrator: true });
    await page.goto(`${server.url}/sign-in`);
    await signInWithoutForm(page, root, server.url);
    await page.goto(`${server.url}/overview`);
    await settled(page);
    await test(api);
  } finally {
    await server.stop();
  }
}

test("a receiver that is left alone shows up by itself, with the way to what it misses", async ({
  page,
  receiver,
}) => {
  const settings = { "worker.breaker_min_failures": 2, "worker.retry_delays": ["1h"] };
  await withServer(page, settings, async (api) => {
    await expect(figure(page, "Open breakers")).toContainText("0");
    const ada = await api.addUser();
    receiver.script("/down", 500);
    const webhook = await api.addWebhook(ada, { uri: `${receiver.url}/down` });
    for (let events = 0; events < 3; events += 1) await api.publish();
    await receiver.requests("/down", 2);
    await api.publish();

    const verdict = page.getByRole("region", { name: "Is anything wrong?" });
    const sentence = verdict.getByRole("link", { name: /^1 receiver is left alone/ });
    await expect(sentence).toBeVisible({ timeout: 20_000 });
    await expect(figure(page, "Open breakers")).toContainText("1");
    await sentence.click();
    await expect(page).toHaveURL(/\/deliveries\?state=held&holdReason=breaker$/);
    const held = page.getByRole("row").filter({ hasText: "/down" });
    await expect(held.first()).toContainText("Held");
    expect(webhook).toBeTruthy();
  });
});

test("what nobody has counted yet is unknown, and not zero", async ({ page }) => {
  await withServer(page, {}, async () => {
    // Rates are of minutes that are over, and none is.
    for (const label of ["Events", "Deliveries", "Success rate", "Time to deliver, p99"])
      await expect(figure(page, label).first()).toContainText("unknown");
    await expect(figure(page, "Held")).toContainText("0");
  });
});

test("the charts are there as a table, for the hour and the day", async ({ page, api, enter }) => {
  await enter(await api.addUser({ administrator: true }), "/overview");
  await page.getByText("The charts as a table").click();
  const table = page.getByRole("region", { name: "Table of charts" });
  await expect(table.getByRole("row")).toHaveCount(60);
  await page.getByText("Day", { exact: true }).click();
  await expect(page).toHaveURL(/range=day/);
  await expect(table.getByRole("row")).toHaveCount(96);
  await expect(table.getByRole("columnheader", { name: "Given up" })).toBeVisible();
});

test("lines are drawn in the colours of their names, also for who wants little motion", async ({
  page,
  api,
  enter,
}) => {
  await page.route("**/api/v1/overview*", withHistory);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await enter(await api.addUser({ administrator: true }), "/overview");
  for (const card of await page.getByRole("figure").all()) {
    const names = await card
      .locator("li > span")
      .evaluateAll((strokes) => strokes.map((stroke) => getComputedStyle(stroke).color));
    expect(new Set(names).size).toBe(2);
    const drawn = await card.locator("canvas").evaluate(coloursOf);
    expect(drawn).toEqual(expect.arrayContaining(names));
  }
});

test("a chart says in words what it shows", async ({ page, api, enter }) => {
  await enter(await api.addUser({ administrator: true }), "/overview");
  for (const title of ["Events and deliveries", "Failures", "Time to deliver"]) {
    const card = page.getByRole("figure").filter({ hasText: title });
    await expect(card).toBeVisible();
    const words = card.getByRole("img").or(card.getByText("Nothing is known of this time."));
    await expect(words).toBeVisible();
  }
});

/** The colours on a canvas that nothing shines through. */
function coloursOf(canvas: SVGElement | HTMLElement): string[] {
  if (!(canvas instanceof HTMLCanvasElement)) return [];
  const { width, height } = canvas;
  const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
  const found = new Set<string>();
  for (let at = 0; at < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0, opacity] = pixels.slice(at, at + 4);
    if (opacity === 255) found.add(`rgb(${red}, ${green}, ${blue})`);
  }
  return [...found];
}
