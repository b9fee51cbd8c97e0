"""A breaker as one environment sees it, where the table answers in part."""

from typing import Any

from realtime_sms.aws.breakers import Breaker, Breakers
from realtime_sms.aws.table import BREAKERS, Table
from realtime_sms.vocabulary import Reason


class Throttled:
    """A table that takes an opening, and reads no item: DynamoDB may leave any of a batch unread."""

    def update_item(self, **_: object) -> dict[str, Any]:
        """Take it."""
        return {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (as boto3 calls it)
        """Leave all unread."""
        return {"Responses": {}, "UnprocessedKeys": RequestItems}


def test_a_breaker_that_was_not_read_is_taken_to_be_as_it_was() -> None:
    """Not to be closed: with many environments throttled, each would let calls out."""
    client: Any = Throttled()
    breakers = Breakers(Table(client, "outcomes", sleep=lambda _seconds: None), fresh=0)
    breakers.trip(Breaker.BALANCE, Reason.NO_BALANCE)
    opened = breakers.open()
    assert opened is not None
    assert opened.breaker is Breaker.BALANCE


def test_a_breaker_that_opens_while_all_are_read_stays_open() -> None:
    """The read began before, in another thread, and found none."""

    class Slow(Throttled):
        """A table that holds no breaker, and is asked while one opens."""

        def batch_get_item(self, **_: object) -> dict[str, Any]:
            breakers.trip(Breaker.AUTH, Reason.UNAUTHORIZED)
            return {"Responses": {}}

    client: Any = Slow()
    breakers = Breakers(Table(client, "outcomes"))
    opened = breakers.open()
    assert opened is not None
    assert opened.breaker is Breaker.AUTH


def test_a_breaker_that_is_open_for_a_reason_of_a_newer_version_is_open() -> None:
    """It must not fail the invocation that reads it."""

    class Open(Throttled):
        """A table in which one breaker is open."""

        def batch_get_item(self, **_: object) -> dict[str, Any]:
            item = {
                "requestId": {"S": BREAKERS},
                "recipient": {"S": "auth"},
                "reason": {"S": "full_moon"},
                "since": {"N": "1"},
                "times": {"N": "1"},
            }
            return {"Responses": {"outcomes": [item]}}

    client: Any = Open()
    opened = Breakers(Table(client, "outcomes")).open()
    assert opened is not None
    assert (opened.breaker, opened.reason) == (Breaker.AUTH, "full_moon")
