"""The second part of `make demo`: RealTime reports on messages, and a recipient who answers BAJA gets no more."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

import urllib3
from rich import box
from rich.table import Table

from local.embedded_aws import Items, Stack
from local.events import differences
from realtime_sms.vocabulary import FINAL

REPORTED: Final = "reported"  # the request whose recipients get a delivery report
REFUSED: Final = "opted-out"  # the request to the recipient who answered
_TIMEOUT_SECONDS: Final = 60  # the callback function's first call takes seconds on a busy machine
_ANSWERED: Final = "+56900006001"
_COLUMNS: Final = ("status", "reason", "delivery", "deliveryReason")


def _outcome(*values: str | None) -> dict[str, str | None]:
    return dict(zip(_COLUMNS, values, strict=True))


_EXPECTED: Final[Mapping[str, Items]] = {
    REPORTED: {  # the simulator's magic numbers choose the report: docs/simulator.md
        "+56900006001": _outcome("submitted", "accepted", "delivered", None),
        "+56900006002": _outcome("submitted", "accepted", "rejected", "bad_number"),
        "+56900006003": _outcome("submitted", "accepted", "undelivered", "network"),
        "+56900006004": _outcome("submitted", "accepted", "pending", None),
        "+56900006005": _outcome("submitted", "accepted", "expired", None),
    },
    REFUSED: {_ANSWERED: _outcome("failed", "opted_out", None, None)},
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
    """Return a line for everything that is not as expected."""
    return differences(_EXPECTED, found)


def table_of(found: Mapping[str, Items]) -> Table:
    """Return a table with a row for each recipient."""
    titles = ("request", "recipient", "outcome", "reason", "delivery", "delivery reason")
    table = Table(*titles, box=box.SIMPLE_HEAD, pad_edge=False)
    for name, items in found.items():
        for number, (recipient, item) in enumerate(items.items()):
            table.add_row(name if number == 0 else "", recipient, *(item.get(column, "") for column in _COLUMNS))
    return table


def _await_final(stack: Stack, *names: str) -> dict[str, Items]:
    return stack.await_outcomes({name: partial(_all_final, _EXPECTED[name]) for name in names})


def _all_final(recipients: Iterable[str], items: Items) -> bool:
    return all(items.get(recipient, {}).get("status") in FINAL for recipient in recipients)


def _publish(stack: Stack, name: str, text: str) -> None:
    body = {"requestId": name, "recipients": list(_EXPECTED[name]), "sender": "96000", "message": {"text": text}}
    stack.aws.session().client("sqs").send_message(
        QueueUrl=stack.outputs["SendQueueUrl"], MessageBody=json.dumps(body, ensure_ascii=False)
    )
