"""What one open page is told: what is new on the phones, in the outcomes table, at breakers, on the opt-out list."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import urllib3

from api.outcomes import shown
from local.embedded_aws import Stack
from realtime_sms.aws.breakers import PARTITION
from realtime_sms.aws.item import from_item, iso
from realtime_sms.aws.opt_outs import PARTITION as OPT_OUTS
from realtime_sms.aws.submissions import REJECTED

type News = tuple[str, Any]  # an event's name, and its data as JSON

_MOST = 300  # messages or outcomes told at once, the newest: nobody reads more
_TIMEOUT_SECONDS = 10
_NOTES = "#"


class Watch:
    """Looks at the stack, and knows what it told before; for one page, and one thread at a time."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._dynamodb = stack.aws.session().client("dynamodb")
        self._last_message: str | None = None
        self._outcomes: dict[tuple[str, str], int] | None = None
        self._told: dict[str, Any] = {}  # of what is told as a whole whenever it changes

    def news(self) -> list[News]:
        """Give what has changed since the last look; at first, what there is.

        Raises:
            HTTPError, BotoCoreError, ClientError: the simulator or the embedded AWS does not answer.

        """
        return [*self._new_messages(), *self._new_answers(), *self._new_items()]

    def _new_messages(self) -> Iterator[News]:
        after = "" if self._last_message is None else f"?after={self._last_message}"
        told = self._simulator(f"inbox{after}")
        messages = told["messages"]
        # An inbox that was emptied is told once: there is no message after which to ask for more.
        if messages or (told["whole"] and self._last_message != ""):
            self._last_message = messages[-1]["submissionId"] if messages else ""
            yield "messages", {"whole": told["whole"], "messages": messages[-_MOST:]}

    def _new_answers(self) -> Iterator[News]:
        yield from self._if_changed("answers", self._simulator("inbound")["messages"][-_MOST:])

    def _simulator(self, operation: str) -> Any:  # noqa: ANN401 (JSON)
        url = f"{self._stack.realtime_url}/_simulator/{operation}"
        return urllib3.request("GET", url, timeout=_TIMEOUT_SECONDS, retries=False).json()

    def _if_changed(self, name: str, whole: list[Any]) -> Iterator[News]:
        if self._told.get(name) != whole:
            self._told[name] = whole
            yield name, whole

    def _new_items(self) -> Iterator[News]:
        known, first = self._outcomes or {}, self._outcomes is None
        breakers, opt_outs, changed = [], [], []
        for item in self._items():
            partition, key = item["requestId"]["S"], item["recipient"]["S"]
            if partition == PARTITION:
                breakers += [_breaker(item)] if "since" in item else []
            elif partition == OPT_OUTS:
                opt_outs.append(key)
            elif key == REJECTED or not (partition.startswith(_NOTES) or key.startswith(_NOTES)):
                outcome = _rejection(item) if key == REJECTED else {"requestId": partition, **shown(from_item(item))}
                fingerprint = hash(json.dumps(outcome, sort_keys=True))
                if known.get((partition, key)) != fingerprint:
                    known[partition, key] = fingerprint
                    changed.append(outcome)
        self._outcomes = known
        if changed or first:
            changed.sort(key=lambda one: str(one.get("updatedAt", one["createdAt"])))
            yield "outcomes", {"whole": first, "outcomes": changed[-_MOST:]}
        yield from self._if_changed("breakers", breakers)
        yield from self._if_changed("optOuts", sorted(opt_outs))

    def _items(self) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._stack.outputs["OutcomesTableName"], ConsistentRead=True
        )
        for page in pages:
            yield from page["Items"]


def _breaker(item: Mapping[str, Any]) -> dict[str, str]:
    return {
        "breaker": item["recipient"]["S"],
        "reason": item["reason"]["S"],
        "since": iso(float(item["since"]["N"])),
    }


def _rejection(item: Mapping[str, Any]) -> dict[str, Any]:
    """Show a whole message that was rejected as the API shows a recipient of it."""
    told = {name: item[name]["S"] for name in ("requestId", "reason", "detail", "createdAt")}
    return {**told, "recipient": "", "status": "rejected", "final": True}
