import type { NewEvent, Schemas } from "./types";
import type { Address } from "./server";
import { until } from "./until";

/** Whoever a test acts as. */
export interface Somebody {
  id: string;
  name: string;
  password: string;
}

/** What a test prepares and looks at without the pages, as an administrator. */
export class Api {
  private people = 0;

  /** `label` makes the names of one test its own. */
  constructor(
    private readonly server: Address,
    private readonly label: string,
  ) {}

  async call<T>(method: string, path: string, body?: unknown, token = this.server.key): Promise<T> {
    const answer = await fetch(this.server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Adds a user who may read the resource of the test, unless `reads` says otherwise. */
  async addUser({ administrator = false, reads = true } = {}): Promise<Somebody> {
    this.people += 1;
    const name = `user${this.people}-${this.label}`;
    const password = `a long password of ${name}`;
    const body = { name, password, administrator };
    const { id } = await this.call<{ id: string }>("POST", "/api/v1/users", body);
    if (reads && !administrator) await this.grant(id, this.resource);
    return { id, name, password };
  }

  /** Lets a user read a report. */
  async grant(userId: string, resourceId: string): Promise<string> {
    const body = { kind: "reports", scope: "one", target: resourceId, access: ["read"] };
    const path = `/api/v1/users/${userId}/permissions`;
    return (await this.call<{ id: string }>("POST", path, body)).id;
  }

  /** Makes a webhook of a user. */
  async addWebhook(owner: Somebody, body: Schemas["WriteRegistration"]): Promise<string> {
    const token = await this.tokenOf(owner);
    const path = "/api/v1/registrations";
    return (await this.call<{ id: string }>("POST", path, body, token)).id;
  }

  /** Publishes an event of reports; the resource belongs to the test. */
  async publish(event: Partial<NewEvent> = {}): Promise<string> {
    const body = { filter: "reports", type: "Added", resource: { id: this.resource }, ...event };
    const published = await this.call<Schemas["Published"]>("POST", "/api/v1/events", body);
    const id = published.events[0]?.id;
    if (id === undefined) throw new Error("nothing was published");
    return id;
  }

  /** The resource that the events of the test are about. */
  get resource(): string {
    return `report-${this.label}`;
  }

  /** Waits until the newest deliveries of a webhook are in these states, and returns them. */
  deliveries(webhook: string, ...states: string[]): Promise<Schemas["DeliveryView"][]> {
    return until(`deliveries are ${states.join(", ")}`, async () => {
      const path = `/api/v1/deliveries?registrationId=${webhook}&limit=100`;
      const { items } = await this.call<{ items: Schemas["DeliveryView"][] }>("GET", path);
      const found = items.map(({ state }) => state);
      return JSON.stringify(found) === JSON.stringify(states) && items;
    });
  }

  /** Waits until an event has become deliveries, or was found to be for nobody. */
  async dispatched(event: string): Promise<void> {
    await until("the event is dispatched", async () => {
      const path = `/api/v1/events/${event}`;
      return (await this.call<Schemas["EventView"]>("GET", path)).dispatched;
    });
  }

  async tokenOf({ name, password }: Somebody): Promise<string> {
    const answer = await fetch(`${this.server.url}/Token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password", username: name, password }),
    });
    if (!answer.ok) throw new Error(`no token for ${name}: ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }
}
