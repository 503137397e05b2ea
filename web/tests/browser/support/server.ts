import { spawn, type ChildProcess } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until } from "./until";

/** The program with the pages in it. */
const BINARY =
  process.env.POSTRIDER_BINARY ??
  resolve(import.meta.dirname, "../../../../target/debug/postrider");

/** What the server expects GitHub to sign with. */
export const GITHUB_SECRET = "a secret of GitHub in the tests, long enough";

/** Settings by their names; JSON of such values is TOML, too. */
export type Settings = Record<string, string | number | string[]>;

/** What differs from the defaults, so that nobody waits: retries at once, no throttle for one address. */
const SETTINGS: Settings = {
  "api.login.address_burst": 10_000,
  "api.login.account_burst": 1_000,
  "dispatcher.poll_interval": "50ms",
  "dispatcher.backlog_interval": "1s",
  "worker.retry_delays": ["500ms", "500ms", "500ms"],
  "worker.retry_jitter": 0,
  "receiver.secrets.github.default": GITHUB_SECRET,
  log: "warn",
};

/** Where a running server is, and the key of an administrator. */
export interface Address {
  url: string;
  key: string;
}

/** The server of the whole run, which the set-up started. */
export function addressOfRun(): Address {
  const { POSTRIDER_TEST_URL: url, POSTRIDER_TEST_KEY: key } = process.env;
  if (url === undefined || key === undefined) throw new Error("the set-up starts the server");
  return { url, key };
}

/** A server with a folder of its own, from nothing. */
export class Server implements Address {
  private constructor(
    readonly url: string,
    readonly key: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(settings: Settings = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "postrider-browser-"));
    const listen = `127.0.0.1:${await freePort()}`;
    const all = { ...SETTINGS, data_dir: join(folder, "data"), "api.listen": listen, ...settings };
    const log = join(folder, "log");
    const output = openSync(log, "w");
    const lines = Object.entries(all).map(
      ([name, value]) => `${name} = ${JSON.stringify(value)}\n`,
    );
    await writeFile(join(folder, "postrider.toml"), lines.join(""));
    const child = spawn(BINARY, [], {
      cwd: folder,
      env: { PATH: process.env.PATH },
      stdio: ["ignore", output, output],
    });
    // Whoever is interrupted leaves no server behind.
    process.once("exit", () => child.kill("SIGKILL"));
    const url = `http://${listen}`;
    await until("the server is ready", async () => {
      if (child.exitCode !== null) throw new Error(`it ended:\n${readFileSync(log, "utf8")}`);
      return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok;
    });
    const key = readFileSync(join(folder, "data/cli.key"), "utf8").trim();
    return new Server(url, key, folder, child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}
