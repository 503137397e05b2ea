import config from "./playwright.config";

/** Makes the pictures of the manual: `npm run screenshots`. */
export default { ...config, testMatch: "screenshots.ts", workers: 1, timeout: 900_000 };
