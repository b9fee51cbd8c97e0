"""A breaker as one environment sees it, where the table answers in part."""

from typing import Any

from realtime_sms.aws.breakers import Breaker, Breakers
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
    breakers = Breakers(client, "outcomes", fresh=0)
    breakers.trip(Breaker.BALANCE, Reason.NO_BALANCE)
    opened = breakers.open()
    assert opened is not None
    assert opened.breaker is Breaker.BALANCE
