import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { until } from "./until";

/** What a receiver answers with: a status, or nothing until it is told to. */
export type Answer = number | "hang";

/** A request that came in. */
export interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A receiver of webhooks that can fail, hang and succeed, by path. */
export class Receiver {
  readonly received: Received[] = [];
  private readonly scripts = new Map<string, Answer[]>();
  private readonly hanging: ServerResponse[] = [];

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const receiver = new Receiver(`http://127.0.0.1:${address.port}`, server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void receiver.take(request, response);
    });
    return receiver;
  }

  /** The answers at a path, one after the other; the last one stays. Without any it is 200. */
  script(path: string, ...answers: Answer[]): void {
    this.scripts.set(path, answers);
  }

  /** Answers what hangs. */
  release(status = 200): void {
    for (const response of this.hanging.splice(0)) response.writeHead(status).end();
  }

  /** Waits for so many requests at a path, and returns them. */
  requests(path: string, count: number): Promise<Received[]> {
    return until(`${count} requests at ${path}`, () => {
      const at = this.received.filter((request) => request.path === path);
      return Promise.resolve(at.length >= count && at);
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const path = request.url ?? "/";
    this.received.push({ path, headers: request.headers, body: Buffer.concat(pieces).toString() });
    const answers = this.scripts.get(path) ?? [200];
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? 200;
    if (answer === "hang") this.hanging.push(response);
    else response.writeHead(answer, { "content-type": "text/plain" }).end(`answer ${answer}`);
  }
}
