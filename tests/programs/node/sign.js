// Signs webhooks the way providers do, with the functions of their own libraries.
//
//     NODE_PATH=<node_modules> node sign.js SECRETS
//
// SECRETS is a JSON object with the secret of each receiver. Prints one JSON document: what each
// library would have sent, and what a receiver has to read in it.
"use strict";

const { randomUUID } = require("node:crypto");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const Pusher = require("pusher");
const standardwebhooks = require("standardwebhooks");
const stripe = require("stripe");
const svix = require("svix");

const secrets = JSON.parse(process.argv[2]);

/** The functions of GitHub's library, which is a module of the newer kind: `require` may not know it. */
function octokit() {
  const path = join(process.env.NODE_PATH, "@octokit/webhooks-methods/dist-node/index.js");
  return import(pathToFileURL(path));
}

function signed(library, receiver, { headers, body, actions, name }) {
  const all = { "content-type": "application/json", ...headers };
  return { library, receiver, headers: all, body: Buffer.from(body).toString("hex"), actions, name };
}

async function github() {
  const body = JSON.stringify({ ref: "refs/heads/größer", commits: [{ message: "€ & 世界" }] });
  const { sign } = await octokit();
  const name = randomUUID();
  const headers = {
    "x-github-event": "push",
    "x-github-delivery": name,
    "x-hub-signature-256": await sign(secrets.github, body),
  };
  return signed("@octokit/webhooks-methods", "github", { headers, body, actions: ["push"], name });
}

function pusher() {
  const body = JSON.stringify({
    time_ms: Date.now(),
    events: [{ name: "channel_occupied", channel: "größer" }, { name: "channel_vacated", channel: "€" }],
  });
  // A secret of this receiver is a key and the secret that belongs to it.
  const [key, secret] = secrets.pusher.split("_");
  const headers = {
    "x-pusher-key": key,
    "x-pusher-signature": new Pusher.Token(key, secret).sign(body),
  };
  const actions = ["channel_occupied", "channel_vacated"];
  return signed("pusher", "pusher", { headers, body, actions, name: null });
}

function stripeEvent() {
  const name = `evt_${randomUUID().replaceAll("-", "")}`;
  const payload = JSON.stringify({
    id: name,
    object: "event",
    type: "customer.created",
    data: { object: { id: "cus_1", name: "Größer & €" } },
  }, null, 2);
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret: secrets.stripe });
  const headers = { "stripe-signature": header };
  return signed("stripe", "stripe", { headers, body: payload, actions: ["customer.created"], name });
}

/** Both libraries sign alike; their senders call the headers by different names. */
function standard(library, { Webhook }, prefix) {
  const name = `msg_${randomUUID().replaceAll("-", "")}`;
  const body = JSON.stringify({ type: "user.created", data: { name: "Größer & €" } });
  const now = new Date();
  const headers = {
    [`${prefix}-id`]: name,
    [`${prefix}-timestamp`]: `${Math.floor(now.getTime() / 1000)}`,
    [`${prefix}-signature`]: new Webhook(secrets.standard).sign(name, now, body),
  };
  return signed(library, "standard", { headers, body, actions: ["user.created"], name });
}

async function main() {
  const all = [
    await github(),
    pusher(),
    standard("standardwebhooks", standardwebhooks, "webhook"),
    stripeEvent(),
    standard("svix", svix, "svix"),
  ];
  console.log(JSON.stringify(all));
}

main();
