"""Signs webhooks the way providers do, with the functions of their own libraries.

    sign.py SECRETS

SECRETS is a JSON object with the secret of each receiver. Prints one JSON document: what each library
would have sent, and what a receiver has to read in it.
"""

import json
import sys
import time
import uuid
from datetime import datetime, timezone
from urllib.parse import urlencode

import standardwebhooks
import stripe
import svix.webhooks
from slack_sdk.signature import SignatureVerifier

SECRETS = json.loads(sys.argv[1])
JSON = "application/json"


def signed(library, receiver, headers, body, actions, name, content_type=JSON):
    return dict(
        library=library,
        receiver=receiver,
        headers={"content-type": content_type, **headers},
        body=body.encode().hex(),
        actions=actions,
        name=name,
    )


def slack(body, action, name, content_type):
    timestamp = str(int(time.time()))
    verifier = SignatureVerifier(SECRETS["slack"])
    headers = {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": verifier.generate_signature(timestamp=timestamp, body=body),
    }
    return signed("slack-sdk", "slack", headers, body, [action], name, content_type)


def slack_event():
    name = "Ev" + uuid.uuid4().hex
    event = {"type": "app_mention", "text": "größer & €"}
    body = json.dumps(dict(type="event_callback", event_id=name, event=event), ensure_ascii=False)
    return slack(body, "app_mention", name, JSON)


def slack_command():
    name = uuid.uuid4().hex
    body = urlencode(dict(command="/weather", text="größer & €", trigger_id=name))
    return slack(body, "/weather", name, "application/x-www-form-urlencoded")


def stripe_event():
    name = "evt_" + uuid.uuid4().hex
    body = json.dumps(
        dict(id=name, type="customer.created", data=dict(object=dict(name="Größer & €"))),
        ensure_ascii=False,
    )
    header = stripe.WebhookSignature.generate_signature_header(body, SECRETS["stripe"])
    headers = {"stripe-signature": header}
    return signed("stripe", "stripe", headers, body, ["customer.created"], name)


def standard(library, webhook, prefix):
    """Both libraries sign alike; their senders call the headers by different names."""
    name = "msg_" + uuid.uuid4().hex
    body = json.dumps(dict(type="user.created", data=dict(name="Größer & €")), ensure_ascii=False)
    now = datetime.now(timezone.utc)
    headers = {
        f"{prefix}-id": name,
        f"{prefix}-timestamp": str(int(now.timestamp())),
        f"{prefix}-signature": webhook(SECRETS["standard"]).sign(name, now, body),
    }
    return signed(library, "standard", headers, body, ["user.created"], name)


def main():
    everything = [
        slack_event(),
        slack_command(),
        standard("standardwebhooks", standardwebhooks.Webhook, "webhook"),
        stripe_event(),
        standard("svix", svix.webhooks.Webhook, "svix"),
    ]
    print(json.dumps(everything))


main()
