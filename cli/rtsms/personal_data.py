"""All that the table holds of one number: found by a scan, shown to its owner, and replaced by a hash.

An item holds a number if its digits stand somewhere in it, with nothing but other characters around them: as a key, as
an attribute, or within one, such as a value of `metadata`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from realtime_sms.aws.forgotten import FORGOTTEN_MARK, pattern
from realtime_sms.aws.requests import Requests
from realtime_sms.aws.submissions import read_item
from realtime_sms.aws.table import FORGOTTEN, OPT_OUTS, UNMATCHED_REPORTS, Table, from_attribute, key_of
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Status
from rtsms.table_scan import Item

ENTRY = "entry of the API"
OUTCOME = "outcome"
_KINDS = {OPT_OUTS: "opt-out", UNMATCHED_REPORTS: "unmatched report"}
_TECHNICAL = {"openShard", "openUntil", "untracedRecipient", "owner", "contentHash", "ttl"}  # no data of a person
_UNFINISHED = {Status.SENDING, Status.WAITING}


def find_items(items: Iterable[Item], number: str) -> list[Item]:
    """Return those items that hold a number."""
    holds = pattern(number).search
    return [item for item in items if holds(json.dumps(item))]


def unfinished(items: list[Item], requests: Requests) -> list[str]:
    """Return the ids of requests that may still send to the number."""
    outcomes = {key_of(item)[0]: read_item(item) for item in items if kind_of(item) == OUTCOME}
    open_ones = {
        request_id
        for request_id, one in outcomes.items()
        if not isinstance(one, Submission) or one.status in _UNFINISHED
    }
    # An entry of the API has no outcome for the number until its message is taken up, or if it is superseded.
    entries = {key_of(item)[0] for item in items if kind_of(item) == ENTRY} - outcomes.keys()
    return sorted(open_ones | {one for one in entries if not requests.summary(one).superseded})


def exported(item: Item, number: str) -> Mapping[str, object]:
    """Return an item as plain JSON for the person, without technical attributes and without other people's numbers."""
    values = {name: from_attribute(value) for name, value in item.items() if name not in _TECHNICAL}
    if "groups" in values:
        values["groups"] = [
            {**group, "recipients": [number]} for group in values["groups"] if number in group["recipients"]
        ]
    kept: Mapping[str, object] = json.loads(json.dumps(values, default=str))
    return kept


def forget(table: Table, items: Iterable[Item], number: str, hashed: str) -> int:
    """Replace the number in every item; return how many were changed meanwhile, and still hold it.

    Entries of the API come first: one whose outcome has no number any more would look unfinished to the next run.
    """
    left = 0
    for item in sorted(items, key=lambda one: kind_of(one) != ENTRY):
        after = json.loads(pattern(number).sub(hashed, json.dumps(item)))
        for name in ("untracedRecipient", FORGOTTEN_MARK):
            after.pop(name, None)
        before = item
        if key_of(item)[0] == OPT_OUTS:  # marked first, so that no event tells of a removal
            before = item | {FORGOTTEN_MARK: {"BOOL": True}}
            if not table.rewrite(item, before):
                left += 1
                continue
        left += not table.rewrite(before, after)
    return left


def record(table: Table, now: str, kinds: Mapping[str, int], *, owner: str) -> None:
    """Leave a dated record of what was forgotten, without the number."""
    counts: Any = {kind: {"N": str(count)} for kind, count in kinds.items()}
    key = {"requestId": {"S": FORGOTTEN}, "recipient": {"S": f"{now}.{owner}"}}
    table.put({**key, "createdAt": {"S": now}, "items": {"M": counts}})


def kind_of(item: Item) -> str:
    """Return what an item is, in the words that an operator reads."""
    partition, sort = key_of(item)
    if partition.startswith("#"):
        return _KINDS.get(partition, "counter")
    return ENTRY if sort.startswith("#") else OUTCOME
