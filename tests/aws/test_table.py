"""Reads of many keys, of which DynamoDB may leave any unanswered."""

from typing import Any

import pytest

from realtime_sms.aws.table import StoreUnavailableError, Table, as_key, key_of
from tests.fakes.aws.models import Checked

KEYS = [("r-1", f"+5691111000{number}") for number in range(5)]


class Partly:
    """A table that has every item, and answers for so many keys of a call."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (as boto3 calls it)
        """Return some of the items, and the keys that were not read."""
        (wanted,) = RequestItems.values()
        assert wanted["ConsistentRead"]
        most, keys = self.answers.pop(0), wanted["Keys"]
        self.asked.append(len(keys))
        left = {"outcomes": {"Keys": keys[most:], "ConsistentRead": True}} if keys[most:] else {}
        return {"Responses": {"outcomes": keys[:most]}, "UnprocessedKeys": left}


def _table(client: Partly, pauses: list[float]) -> Table:
    own: Any = Checked("dynamodb", client)
    return Table(own, "outcomes", sleep=pauses.append)


def test_keys_that_were_left_out_are_asked_for_again_after_a_pause() -> None:
    """Each time those only, and a little later: the partition that left them out has had enough for the moment."""
    client, pauses = Partly(2, 0, 1, 2), list[float]()
    found = _table(client, pauses).get_many(KEYS)
    assert [key_of(item) for item in found] == KEYS
    assert client.asked == [5, 3, 3, 2]
    assert pauses == [0.05, 0.1, 0.2]


def test_a_whole_answer_is_not_waited_for() -> None:
    """Nor is a key asked for twice."""
    client, pauses = Partly(5), list[float]()
    assert _table(client, pauses).get_many([*KEYS, *KEYS]) == list(map(as_key, KEYS))
    assert pauses == []


def test_keys_that_are_left_out_again_and_again_end_as_no_answer() -> None:
    """Within a second or so: who asked decides what to do, and nobody asks for ever."""
    client, pauses = Partly(4, *[0] * 100), list[float]()
    with pytest.raises(StoreUnavailableError, match="UnprocessedKeys"):
        _table(client, pauses).get_many(KEYS)
    assert client.asked == [5, 1, 1, 1, 1]
    assert sum(pauses) < 1
