import { Server } from "./server";

/** One server for all tests, each of which has users of its own; or the one that runs already. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.POSTRIDER_TEST_URL !== undefined) return undefined;
  const server = await Server.start();
  const answer = await fetch(`${server.url}/sign-in`);
  if (!(await answer.text()).includes('id="root"')) {
    await server.stop();
    throw new Error("the program is without the pages: build it where Node.js is");
  }
  process.env.POSTRIDER_TEST_URL = server.url;
  process.env.POSTRIDER_TEST_KEY = server.key;
  return () => server.stop();
}
