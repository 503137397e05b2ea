import { createHmac } from "node:crypto";
import { Api, type Somebody } from "./api";
import { Receiver } from "./receiver";
import { addressOfRun, GITHUB_SECRET, type Address } from "./server";
import { until } from "./until";

/** A world in which every page has something to show. */
export interface Seeded {
  /** What all its names have in them. */
  label: string;
  ada: Somebody;
  root: Somebody;
  webhook: string;
  /** A delivery that was given up. */
  dead: string;
  event: string;
  inboxItem: string;
  end: () => Promise<void>;
}

/** Makes it. */
export async function seed(label: string, server: Address = addressOfRun()): Promise<Seeded> {
  const api = new Api(server, label);
  const receiver = await Receiver.start();
  const ada = await api.addUser();
  const root = await api.addUser({ administrator: true });
  const description = `Of ${label}`;
  const good = `${receiver.url}/hooks/good`;
  const webhook = await api.addWebhook(ada, { uri: good, description, filters: ["reports"] });
  receiver.script("/hooks/flaky", 503);
  const flaky = await api.addWebhook(ada, {
    uri: `${receiver.url}/hooks/flaky`,
    description,
    retryDelaysSeconds: [1],
  });
  const paused = await api.addWebhook(ada, {
    uri: `${receiver.url}/hooks/paused`,
    description,
    paused: true,
  });
  const event = await api.publish({ data: { pages: 12, title: "Q3 revenue" } });
  await api.deliveries(webhook, "delivered");
  await api.deliveries(paused, "held");
  const [dead] = await api.deliveries(flaky, "dead");
  if (dead === undefined) throw new Error("nothing is dead");
  await api.call("POST", `/api/v1/registrations/${webhook}/replays`, {
    states: ["delivered"],
    pace: 100,
  });
  const inboxItem = await receiveFromGithub(server, api);
  const end = () => receiver.stop();
  return { label, ada, root, webhook, dead: dead.id, event, inboxItem, end };
}

/** Sends the server a webhook as GitHub does. */
async function receiveFromGithub(server: Address, api: Api): Promise<string> {
  const body = JSON.stringify({ action: "opened", repository: { full_name: "postrider/tests" } });
  const signature = createHmac("sha256", GITHUB_SECRET).update(body).digest("hex");
  const answer = await fetch(`${server.url}/api/webhooks/incoming/github`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": "issues",
      "x-hub-signature-256": `sha256=${signature}`,
    },
    body,
  });
  if (!answer.ok) throw new Error(`not received: ${answer.status} ${await answer.text()}`);
  return until("the inbox has it", async () => {
    const { items } = await api.call<{ items: { id: string }[] }>("GET", "/api/v1/inbox");
    return items[0]?.id;
  });
}
