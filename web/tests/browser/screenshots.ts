import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { withHistory } from "./support/history";
import { pathOf, PLACES } from "./support/places";
import { withSeeded } from "./support/seeded";
import { settled, signInWithoutForm } from "./support/test";

const FOLDER = resolve(import.meta.dirname, "../../../docs/pages");
/** Those that show something of their own; the others are much like them. */
const SHOWN = PLACES.filter(
  ({ name }) => !/-day$|-edit$|not-found|^(filter|user|role|key)-new$/.test(name),
);

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };

const test = withSeeded(() => "reporting");

for (const place of SHOWN) {
  test(`picture of ${place.name}`, async ({ page, context, seeded }) => {
    mkdirSync(FOLDER, { recursive: true });
    await signInWithoutForm(page, seeded.root);
    await page.route("**/api/v1/overview*", withHistory);
    const pictures: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      for (const size of [WIDE, NARROW]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        await page.goto(pathOf(place, seeded));
        await settled(page);
        pictures.push((await page.screenshot({ type: "png" })).toString("base64"));
      }
    }
    const sheet = await context.newPage();
    writeFileSync(`${FOLDER}/${place.name}.webp`, await sheetOf(sheet, pictures));
  });
}

/** The four pictures of a page side by side, small enough for a manual. */
async function sheetOf(sheet: Page, pictures: string[]): Promise<Buffer> {
  const images = pictures.map((data) => `<img src="data:image/png;base64,${data}">`).join("");
  await sheet.setViewportSize({ width: 1600, height: 1000 });
  await sheet.setContent(`<!doctype html><style>
    body { display: grid; grid-template-columns: auto auto; gap: 12px; width: fit-content;
      margin: 0; padding: 12px; background: #cfd6dc; }
    img { height: 480px; border-radius: 4px; }
  </style>${images}`);
  await sheet.waitForFunction(() => Array.from(document.images).every(({ complete }) => complete));
  const box = await sheet.locator("body").boundingBox();
  if (box === null) throw new Error("the sheet is empty");
  const devtools = await sheet.context().newCDPSession(sheet);
  const { data } = await devtools.send("Page.captureScreenshot", {
    format: "webp",
    quality: 70,
    clip: { ...box, scale: 1 },
    captureBeyondViewport: true,
  });
  await devtools.detach();
  return Buffer.from(data, "base64");
}
