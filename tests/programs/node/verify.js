// Verifies and reads requests the way receivers written in JavaScript do.
//
//     NODE_PATH=<node_modules> node verify.js FOLDER
//
// Every `*.json` file of the folder is a request with what is expected of it. Ends with an error when
// a request does not verify, does not say what it should, or verifies after it was tampered with.
"use strict";

const assert = require("node:assert/strict");
const { createHmac, createPublicKey, timingSafeEqual, verify } = require("node:crypto");
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const { HTTP } = require("cloudevents");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

const WRONG_SECRET = `whsec_${Buffer.from("nobody has this secret at all...").toString("base64")}`;
const WRONG_PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

function verifiesSymmetric(secret, headers, body) {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function verifiesAsymmetric(publicKey, headers, body) {
  const x = Buffer.from(publicKey.replace(/^whpk_/, ""), "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`;
  const message = Buffer.concat([Buffer.from(signed), body]);
  return headers["webhook-signature"]
    .split(" ")
    .map((entry) => entry.split(","))
    .filter(([version]) => version === "v1a")
    .some(([, value]) => verify(null, message, key, Buffer.from(value, "base64")));
}

function verifiesClassic(secret, header, body) {
  const digest = createHmac("sha256", secret).update(body).digest("hex").toUpperCase();
  const [expected, claimed] = [`sha256=${digest}`, header ?? ""].map((text) => Buffer.from(text));
  return expected.length === claimed.length && timingSafeEqual(expected, claimed);
}

/** Everything that is under a signature, changed. */
function tampered(headers, body) {
  const flipped = Buffer.from(body);
  flipped[body.length >> 1] ^= 1;
  const id = `${headers["webhook-id"]}0`;
  const timestamp = `${Number(headers["webhook-timestamp"]) - 1}`;
  return [
    [headers, flipped],
    [headers, Buffer.concat([body, Buffer.from(" ")])],
    [{ ...headers, "webhook-id": id }, body],
    [{ ...headers, "webhook-timestamp": timestamp }, body],
  ];
}

function checkSignatures(request, headers, body) {
  for (const [scheme, verifies, keys, wrong] of [
    ["v1", verifiesSymmetric, request.consumerSecrets, WRONG_SECRET],
    ["v1a", verifiesAsymmetric, request.publicKeys, WRONG_PUBLIC_KEY],
  ]) {
    for (const key of keys) {
      assert(verifies(key, headers, body), `${scheme}: refused`);
      for (const changed of tampered(headers, body)) {
        assert(!verifies(key, ...changed), `${scheme}: accepted after tampering`);
      }
    }
    assert(!verifies(wrong, headers, body), `${scheme}: accepted for any key`);
  }
  ["ms-signature", "ms-signature-previous"].forEach((name, index) => {
    const secret = request.classicSecrets[index];
    if (secret === undefined) {
      assert(!(name in headers), `${name} is there`);
      return;
    }
    const changed = Buffer.concat([body, Buffer.from(" ")]);
    assert(verifiesClassic(secret, headers[name], body), `${name}: refused`);
    assert(!verifiesClassic(secret, headers[name], changed), `${name}: accepted a change`);
  });
}

function told({ id, type, subject, name, actor, time, data }) {
  const millis = new Date(time).getTime();
  return { id, type, subject, name: name ?? null, actor: actor ?? null, time: millis, data: data ?? null };
}

function readAspnet(headers, body) {
  return JSON.parse(body).Notifications.map((event) =>
    told({
      id: `evt_${event.EventId}`,
      type: `${event.Action}.${event.Type}`,
      subject: event.ResourceId,
      name: event.ResourceName,
      actor: event.Actor,
      time: event.OccurredAt,
      data: event.Data,
    }),
  );
}

function readStandard(headers, body) {
  const payload = JSON.parse(body);
  const payloads = payload.type === "batch" ? payload.data.events : [payload];
  return payloads.map(({ type, timestamp, data: { id, resource, actor, data } }) =>
    told({ id, type, subject: resource.id, name: resource.name, actor, time: timestamp, data }),
  );
}

function readCloudEvents(headers, body) {
  const isBinary = "ce-id" in headers;
  return [HTTP.toEvent({ headers, body: body.toString() })].flat().map((event) => {
    assert.equal(event.specversion, "1.0");
    assert.equal(event.source, "/postrider");
    assert.equal(event.datacontenttype, "application/json");
    event.validate();
    // The library does not decode header values, which the HTTP binding has receivers do.
    const subject = isBinary ? decodeURIComponent(event.subject) : event.subject;
    const { resource, actor, data } = event.data;
    assert.equal(resource.id, subject);
    const { id, type, time } = event;
    return told({ id, type, subject, name: resource.name, actor, time, data });
  });
}

function readForm(headers, body) {
  assert.equal(headers["content-type"], "application/x-www-form-urlencoded");
  const fields = Object.fromEntries(new URLSearchParams(body.toString()));
  return [
    told({
      id: `evt_${fields.EventId}`,
      type: `${fields.Action}.${fields.Type}`,
      subject: fields.ResourceId,
      name: fields.ResourceName,
      actor: fields.Actor,
      time: fields.OccurredAt,
      data: fields.Data === undefined ? null : JSON.parse(fields.Data),
    }),
  ];
}

const READERS = {
  aspnet: readAspnet,
  standard: readStandard,
  cloudevents: readCloudEvents,
  "cloudevents-binary": readCloudEvents,
  form: readForm,
};

function check(request) {
  const body = Buffer.from(request.body, "hex");
  checkSignatures(request, request.headers, body);
  assert.deepEqual(READERS[request.format](request.headers, body), request.events.map(told));
}

const folder = process.argv[2];
const files = readdirSync(folder).filter((file) => file.endsWith(".json")).sort();
if (files.length === 0) {
  console.error("there is nothing to verify");
  process.exit(1);
}
let failed = false;
for (const file of files) {
  try {
    check(JSON.parse(readFileSync(join(folder, file), "utf8")));
  } catch (error) {
    console.error(`${file.replace(/\.json$/, "")}: ${error.message}`);
    failed = true;
  }
}
if (failed) process.exit(1);
console.log(`${files.length} requests verified`);
