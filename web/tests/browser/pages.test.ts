import { randomUUID } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { withSeeded } from "./support/seeded";
import { expect, settled, signInWithoutForm } from "./support/test";
import { PLACES, pathOf } from "./support/places";

const test = withSeeded(() => randomUUID().slice(0, 8));

/** Rules whose breach keeps somebody out. */
async function barriers(page: Page): Promise<string[]> {
  // There are no frames, for whose sake each look would open a page of its own.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ html, any }) => `${id}: ${help}: ${html.slice(0, 200)} ${any[0]?.message ?? ""}`,
      ),
    );
}

/** Looks more than once: while colours change, one part of a look may see the old and one the new. */
async function keepsNobodyOut(page: Page, message: string): Promise<void> {
  await expect.poll(() => barriers(page), { message, timeout: 15_000 }).toEqual([]);
}

async function becomeDarkAndNarrow(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
}

for (const place of PLACES) {
  test(`${place.name} keeps nobody out, in light and dark, wide and narrow`, async ({
    page,
    seeded,
  }) => {
    await signInWithoutForm(page, seeded.root);
    await page.goto(pathOf(place, seeded));
    await settled(page);
    if (place.sees !== undefined) await expect(page.getByText(place.sees).first()).toBeVisible();

    await keepsNobodyOut(page, "wide, in light colours");
    await becomeDarkAndNarrow(page);
    await settled(page);
    await fitsTheScreen(page);
    await keepsNobodyOut(page, "narrow, in dark colours");
  });
}

test("the sign-in page keeps nobody out", async ({ page }) => {
  await page.goto("/sign-in");
  await keepsNobodyOut(page, "wide, in light colours");
  await becomeDarkAndNarrow(page);
  await keepsNobodyOut(page, "narrow, in dark colours");
  await fitsTheScreen(page);
});

test("the policy of the pages keeps foreign scripts and styles out, and that is seen here", async ({
  page,
  complaints,
}) => {
  const answer = await page.goto("/sign-in");
  expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.intruder = true";
    document.head.append(script);
    document.body.insertAdjacentHTML("beforeend", '<p style="color: red">intruder</p>');
  });
  expect(await page.evaluate(() => "intruder" in window)).toBe(false);
  await expect
    .poll(() => complaints.filter((text) => text.includes("Content Security Policy")))
    .toHaveLength(2);
  complaints.length = 0;
});

test("a page that a user has no business with is not among theirs", async ({ page, seeded }) => {
  await signInWithoutForm(page, seeded.ada);
  for (const path of ["/overview", "/inbox", "/filters", "/users", "/roles", "/keys", "/audit"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("For administrators");
  }
});

/** Waits until the page has taken its new width, as it does a moment after the screen. */
async function fitsTheScreen(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(sticksOut), { message: "what is wider than the screen" })
    .toEqual([]);
}

/** Elements that make the page scroll sideways; those in something that scrolls by itself do not. */
function sticksOut(): string[] {
  const root = document.documentElement;
  if (root.scrollWidth <= innerWidth) return [];
  return Array.from(document.querySelectorAll("body *"))
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5)
    .map(
      (element) => `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`,
    );
}
