"""The news for one open page: changes of phones, outcomes, breakers and the opt-out list."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from api.outcomes import shown
from local.embedded_aws import Stack
from realtime_sms.aws.submissions import from_item
from realtime_sms.aws.table import BREAKERS, OPT_OUTS, REJECTED
from realtime_sms.outcomes.submission import iso

type Change = tuple[str, Any]  # an event's name, and its data as JSON

_MOST = 300  # messages or outcomes in one event, the newest
_INTERNAL = "#"  # the first character of keys that are not a producer's


class News:
    """Finds changes of the stack since its last look; for one page and one thread."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._dynamodb = stack.aws.session().client("dynamodb")
        self._last_message: str | None = None
        self._outcomes: dict[tuple[str, str], int] | None = None
        self._lists: dict[str, list[Any]] = {}  # events that carry a whole list

    def changes(self) -> list[Change]:
        """Return what has changed since the last look; at first, all there is.

        Raises HTTPError, BotoCoreError or ClientError if the simulator or the embedded AWS does not answer.
        """
        answers = self._stack.simulator("inbound")["messages"][-_MOST:]
        return [*self._new_messages(), *self._if_changed("answers", answers), *self._new_items()]

    def _new_messages(self) -> Iterator[Change]:
        after = "" if self._last_message is None else f"?after={self._last_message}"
        inbox = self._stack.simulator(f"inbox{after}")
        messages = inbox["messages"]
        # An emptied inbox is reported once: there is no message after which to ask for more.
        if messages or (inbox["whole"] and self._last_message != ""):
            self._last_message = messages[-1]["submissionId"] if messages else ""
            yield "messages", {"whole": inbox["whole"], "messages": messages[-_MOST:]}

    def _if_changed(self, name: str, whole: list[Any]) -> Iterator[Change]:
        if self._lists.get(name) != whole:
            self._lists[name] = whole
            yield name, whole

    def _new_items(self) -> Iterator[Change]:
        known, first = self._outcomes or {}, self._outcomes is None
        breakers, opt_outs, changed = [], [], []
        for item in self._items():
            partition, key = item["requestId"]["S"], item["recipient"]["S"]
            if partition == BREAKERS:
                breakers += [_breaker(item)] if "since" in item else []
            elif partition == OPT_OUTS:
                opt_outs.append(key)
            elif key == REJECTED or not (partition.startswith(_INTERNAL) or key.startswith(_INTERNAL)):
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
        table = self._stack.outputs["OutcomesTableName"]
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            yield from page["Items"]


def _breaker(item: Mapping[str, Any]) -> dict[str, str]:
    since = iso(float(item["since"]["N"]))
    return {"breaker": item["recipient"]["S"], "reason": item["reason"]["S"], "since": since}


def _rejection(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rejected message in the form of the API's recipients."""
    fields = {name: item[name]["S"] for name in ("requestId", "reason", "detail", "createdAt")}
    return {**fields, "recipient": "", "status": "rejected", "final": True}
