import { seed, type Seeded } from "./seed";
import { test as base } from "./test";

/** Tests that look at a world in which every page has something to show, made once for each worker. */
export function withSeeded(label: () => string) {
  return base.extend<object, { seeded: Seeded }>({
    seeded: [
      async ({}, use) => {
        const seeded = await seed(label());
        await use(seeded);
        await seeded.end();
      },
      { scope: "worker" },
    ],
  });
}
