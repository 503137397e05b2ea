import { defineConfig } from "@playwright/test";

/** Debian's browser; another one by the variable. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results",
  globalSetup: "./support/globalSetup.ts",
  fullyParallel: true,
  workers: 2,
  // A test that fails now and then is a fault, of the pages or of the test.
  retries: 0,
  forbidOnly: process.env.CI !== undefined,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    // As root, which CI often is, Chromium has no sandbox; it sees nothing but our own pages.
    launchOptions: { executablePath, args: ["--no-sandbox"] },
    viewport: { width: 1280, height: 800 },
    contextOptions: { reducedMotion: "reduce" },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // A trace tells more, and takes long to make: `npm run test:browser -- --trace on`.
    screenshot: "only-on-failure",
  },
});
