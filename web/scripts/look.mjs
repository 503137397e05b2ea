// Takes pictures of pages, wide and narrow, light and dark, for a look at what changed:
//   node scripts/look.mjs URL USER PASSWORD FOLDER /webhooks /webhooks/new …
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, user, password, folder, ...paths] = process.argv.slice(2);
if (paths.length === 0) throw new Error("look.mjs URL USER PASSWORD FOLDER PATH…");
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const looks = [
  { name: "wide-light", width: 1440, height: 900, colorScheme: "light" },
  { name: "wide-dark", width: 1440, height: 900, colorScheme: "dark" },
  { name: "narrow-light", width: 360, height: 740, colorScheme: "light" },
  { name: "narrow-dark", width: 360, height: 740, colorScheme: "dark" },
].filter(({ name }) => name.includes(process.env.LOOK ?? ""));

for (const { name, width, height, colorScheme } of looks) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      console.log(name, message.text());
  });
  page.on("pageerror", (error) => console.log(name, "fault:", error.message));
  for (const path of ["/sign-in", ...paths]) {
    await page.goto(url + path, { waitUntil: "load" });
    await settled(page);
    const file = `${folder}/${path.replaceAll(/[^a-z0-9]+/gi, "-").replace(/^-/, "")}-${name}.png`;
    await page.screenshot({ path: file });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) console.log(name, path, "scrolls sideways");
    if (path === "/sign-in") await signIn(page);
  }
  await context.close();
}
await browser.close();

async function signIn(page) {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((at) => at.pathname !== "/sign-in");
  await settled(page);
}

/** Pages keep a stream open: they are ready when nothing is loading any more. */
async function settled(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(
    () => !document.querySelector('[aria-busy="true"], [aria-label="Loading"]'),
  );
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(250);
}
