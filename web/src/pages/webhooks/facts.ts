import type { ReactNode } from "react";
import type { PayloadFormat, RegistrationView } from "@/api/schema.gen";
import { delaysText } from "./delays";

const FORMATS: Record<PayloadFormat, string> = {
  aspnet: "ASP.NET WebHooks",
  standard: "Standard Webhooks",
  cloudevents: "CloudEvents, structured",
  "cloudevents-binary": "CloudEvents, binary",
  form: "HTML form",
};

const AS_SERVER = "as the server is set to";

/** The settings of a webhook in words; those that it leaves to the server last and short. */
export function settingsOf(webhook: RegistrationView): [string, ReactNode][] {
  const facts: [string, ReactNode][] = [["Format", FORMATS[webhook.format]]];
  const add = (name: string, value: string | null) => {
    if (value !== null) facts.push([name, value]);
  };
  add("Condition", webhook.condition);
  add("Headers", names(webhook.headers));
  add("Properties", names(webhook.properties));
  const { rateLimit, batch, authentication, timeoutSeconds, maxInFlight } = webhook;
  add("Retries", retries(webhook.retryDelaysSeconds));
  add("Time-out", timeoutSeconds === null ? AS_SERVER : `${timeoutSeconds} s`);
  add("Rate", rateLimit && `${rateLimit.requests} in ${rateLimit.perSeconds} s`);
  add("At a time", maxInFlight === null ? null : `${maxInFlight} for each worker`);
  add("Together", batch && `up to ${batch.maxEvents} events, or after ${batch.maxWaitSeconds} s`);
  add(
    "While paused",
    webhook.whilePaused === "hold" ? "deliveries are held" : "deliveries are given up",
  );
  add("Authentication", authentication && authentication.kind);
  add("TLS", webhook.tls && "own certificates");
  return facts;
}

function retries(delays: number[] | null): string {
  if (delays === null) return AS_SERVER;
  return delays.length === 0 ? "none" : delaysText(delays);
}

function names(members: Record<string, unknown>): string | null {
  const all = Object.keys(members);
  return all.length === 0 ? null : all.join(", ");
}
