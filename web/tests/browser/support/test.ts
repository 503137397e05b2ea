import { randomUUID } from "node:crypto";
import { test as base, expect, type Page } from "@playwright/test";
import { Api, type Somebody } from "./api";
import { Receiver } from "./receiver";
import { addressOfRun, type Address } from "./server";
import { watch } from "./watch";

export { expect };

interface Fixtures {
  /** The server of the whole run. */
  server: Address;
  /** What is prepared without the pages. */
  api: Api;
  /** A receiver that belongs to the test. */
  receiver: Receiver;
  /** What the pages complain about, which fails the test at its end. */
  complaints: string[];
  /** Signs somebody in without the form, for tests that are about something else. */
  enter: (who: Somebody, path?: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use) => use(addressOfRun()),
  baseURL: async ({ server }, use) => use(server.url),
  api: async ({ server }, use) => use(new Api(server, randomUUID().slice(0, 8))),
  receiver: async ({}, use) => {
    const receiver = await Receiver.start();
    await use(receiver);
    await receiver.stop();
  },
  complaints: [
    async ({ context }, use) => {
      const complaints = watch(context);
      await use(complaints);
      expect(complaints, "complaints of the pages").toEqual([]);
    },
    { auto: true },
  ],
  enter: async ({ page }, use) => {
    await use(async (who, path = "/") => {
      await signInWithoutForm(page, who);
      await page.goto(path);
      await settled(page);
    });
  },
});

/** A session as the form would make it, in the cookies of the page's browser. */
export async function signInWithoutForm(page: Page, who: Somebody, url = ""): Promise<void> {
  const answer = await page.request.post(`${url}/api/v1/session`, {
    data: { userName: who.name, password: who.password },
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Waits until the page has a heading and nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  // Not by its role, which it does not have beneath a drawer.
  await page.locator("h1").waitFor();
  await expect(page.locator('[aria-label="Loading"], main [aria-busy="true"]')).toHaveCount(0);
}
