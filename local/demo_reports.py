"""The second part of `make demo`: RealTime reports on messages, and a recipient who answers BAJA gets no more."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import urllib3
from rich import box
from rich.table import Table

from local.embedded_aws import Items, Stack
from realtime_sms.vocabulary import FINAL

REPORTED: Final = "reported"  # the request whose recipients get a delivery report
REFUSED: Final = "opted-out"  # the request to the recipient who answered
_TIMEOUT_SECONDS: Final = 60  # the callback function's first call takes seconds on a busy machine
_ANSWERED: Final = "+56900006001"
_EXPECTED: Final[Mapping[str, Mapping[str, tuple[str | None, ...]]]] = {
    REPORTED: {  # the simulator's magic numbers choose the report: docs/simulator.md
        "+56900006001": ("submitted", "accepted", "delivered", None),
        "+56900006002": ("submitted", "accepted", "rejected", "bad_number"),
        "+56900006003": ("submitted", "accepted", "undelivered", "network"),
        "+56900006004": ("submitted", "accepted", "pending", None),
        "+56900006005": ("submitted", "accepted", "expired", None),
    },
    REFUSED: {_ANSWERED: ("failed", "opted_out", None, None)},
}


def follow(stack: Stack) -> dict[str, Items]:
    """Send, report, let one recipient answer BAJA, send to that one again; return the outcomes by request."""
    _publish(stack, REPORTED, "Su pedido va en camino.")
    sent = _await_final(stack, REPORTED)[REPORTED]
    ids = [item["submissionId"] for item in sent.values() if "submissionId" in item]
    stack.simulator("deliver", {"callbackUrl": f"{stack.callbacks_url}/reports", "submissionIds": ids})
    answer = {"phone": _ANSWERED.removeprefix("+"), "originator": "96000", "message": "Baja"}
    url = f"{stack.callbacks_url}/inbound"
    reply = urllib3.request("POST", url, json=answer, timeout=_TIMEOUT_SECONDS, retries=False)
    if reply.status != HTTPStatus.OK:
        raise RuntimeError(f"the stack answered an inbound SMS with HTTP {reply.status}, not 200")
    _publish(stack, REFUSED, "¿Conforme con su pedido?")
    return _await_final(stack, REPORTED, REFUSED)


def compare(found: Mapping[str, Items]) -> list[str]:
    """Return a line for every outcome that is not as expected."""
    return [
        f"{name}: {recipient} {_facts(found[name].get(recipient, {}))}, expected {wanted}"
        for name, recipients in _EXPECTED.items()
        for recipient, wanted in recipients.items()
        if _facts(found[name].get(recipient, {})) != wanted
    ]


def table_of(found: Mapping[str, Items]) -> Table:
    """Return a table with a row for each recipient."""
    table = Table("request", "recipient", "outcome", "reason", "delivery", "why", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, items in found.items():
        for number, (recipient, item) in enumerate(items.items()):
            table.add_row(name if number == 0 else "", recipient, *(one or "" for one in _facts(item)))
    return table


def _facts(item: Mapping[str, Any]) -> tuple[str | None, ...]:
    return tuple(item.get(name) for name in ("status", "reason", "delivery", "deliveryReason"))


def _await_final(stack: Stack, *names: str) -> dict[str, Items]:
    return stack.await_outcomes({name: partial(_all_final, _EXPECTED[name]) for name in names})


def _all_final(recipients: Iterable[str], items: Items) -> bool:
    return all(items.get(recipient, {}).get("status") in FINAL for recipient in recipients)


def _publish(stack: Stack, name: str, text: str) -> None:
    body = {"requestId": name, "recipients": list(_EXPECTED[name]), "sender": "96000", "message": {"text": text}}
    stack.aws.session().client("sqs").send_message(
        QueueUrl=stack.outputs["SendQueueUrl"], MessageBody=json.dumps(body, ensure_ascii=False)
    )
