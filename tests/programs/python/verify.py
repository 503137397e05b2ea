"""Verifies and reads requests the way receivers written in Python do.

    verify.py FOLDER

Every `*.json` file of the folder is a request with what is expected of it. Ends with an error when
a request does not verify, does not say what it should, or verifies after it was tampered with.
"""

import base64
import hashlib
import hmac
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import parse_qsl

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

WRONG_SECRET = "whsec_" + base64.b64encode(b"nobody has this secret at all...").decode()
WRONG_PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="


def verifies_symmetric(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
        return True
    except WebhookVerificationError:
        return False


def verifies_asymmetric(public_key, headers, body):
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for entry in headers["webhook-signature"].split(" "):
        version, value = entry.split(",")
        if version != "v1a":
            continue
        try:
            key.verify(base64.b64decode(value), message)
            return True
        except InvalidSignature:
            pass
    return False


def verifies_classic(secret, header, body):
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return header is not None and hmac.compare_digest("sha256=" + expected.upper(), header)


def tampered(headers, body):
    """Everything that is under a signature, changed."""
    middle = len(body) // 2
    yield headers, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    yield headers, body + b" "
    yield {**headers, "webhook-id": headers["webhook-id"] + "0"}, body
    yield {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}, body


def check_signatures(case, headers, body):
    for scheme, verifies, keys, wrong in [
        ("v1", verifies_symmetric, case["consumerSecrets"], WRONG_SECRET),
        ("v1a", verifies_asymmetric, case["publicKeys"], WRONG_PUBLIC_KEY),
    ]:
        for key in keys:
            assert verifies(key, headers, body), f"{scheme}: refused"
            for changed_headers, changed_body in tampered(headers, body):
                try:
                    accepted = verifies(key, changed_headers, changed_body)
                except UnicodeDecodeError:
                    accepted = False
                assert not accepted, f"{scheme}: accepted after tampering"
        assert not verifies(wrong, headers, body), f"{scheme}: accepted for any key"
    names = ["ms-signature", "ms-signature-previous"]
    for name, secret in zip(names, case["classicSecrets"]):
        header = headers.get(name)
        assert verifies_classic(secret, header, body), f"{name}: refused"
        assert not verifies_classic(secret, header, body + b" "), f"{name}: accepted a change"
    for name in names[len(case["classicSecrets"]) :]:
        assert name not in headers, f"{name} is there"


def told(id, type, subject, name, actor, time, data):
    time = datetime.fromisoformat(time) if isinstance(time, str) else time
    millis = round(time.astimezone(timezone.utc).timestamp() * 1000)
    return dict(id=id, type=type, subject=subject, name=name, actor=actor, time=millis, data=data)


def read_aspnet(headers, body):
    for event in json.loads(body)["Notifications"]:
        yield told(
            "evt_" + event["EventId"],
            f"{event['Action']}.{event['Type']}",
            event["ResourceId"],
            event["ResourceName"],
            event["Actor"],
            event["OccurredAt"],
            event["Data"],
        )


def read_standard(headers, body):
    payload = json.loads(body)
    for event in payload["data"]["events"] if payload["type"] == "batch" else [payload]:
        data = event["data"]
        resource = data["resource"]
        yield told(
            data["id"],
            event["type"],
            resource["id"],
            resource.get("name"),
            data.get("actor"),
            event["timestamp"],
            data.get("data"),
        )


def read_cloud_events(headers, body):
    messages = [HTTPMessage(headers, body)]
    if headers["content-type"] == "application/cloudevents-batch+json":
        single = {**headers, "content-type": "application/cloudevents+json"}
        messages = [HTTPMessage(single, json.dumps(event).encode()) for event in json.loads(body)]
    for event in map(from_http_event, messages):
        data = event.get_data()
        assert event.get_specversion() == "1.0" and event.get_source() == "/postrider"
        assert event.get_datacontenttype() in ("application/json", None)
        assert data["resource"]["id"] == event.get_subject()
        yield told(
            event.get_id(),
            event.get_type(),
            event.get_subject(),
            data["resource"].get("name"),
            data.get("actor"),
            event.get_time(),
            data.get("data"),
        )


def read_form(headers, body):
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    fields = dict(parse_qsl(body.decode("ascii"), strict_parsing=True, errors="strict"))
    yield told(
        "evt_" + fields["EventId"],
        f"{fields['Action']}.{fields['Type']}",
        fields["ResourceId"],
        fields.get("ResourceName"),
        fields.get("Actor"),
        fields["OccurredAt"],
        json.loads(fields["Data"]) if "Data" in fields else None,
    )


READERS = {
    "aspnet": read_aspnet,
    "standard": read_standard,
    "cloudevents": read_cloud_events,
    "cloudevents-binary": read_cloud_events,
    "form": read_form,
}


def check(case):
    headers, body = case["headers"], bytes.fromhex(case["body"])
    check_signatures(case, headers, body)
    expected = [told(**event) for event in case["events"]]
    read = list(READERS[case["format"]](headers, body))
    assert read == expected, f"read {read}, expected {expected}"


def main():
    paths = sorted(Path(sys.argv[1]).glob("*.json"))
    if not paths:
        sys.exit("there is nothing to verify")
    failed = False
    for path in paths:
        try:
            check(json.loads(path.read_text(encoding="utf-8")))
        except Exception as error:
            print(f"{path.stem}: {error or repr(error)}", file=sys.stderr)
            failed = True
    if failed:
        sys.exit(1)
    print(f"{len(paths)} requests verified")


main()
