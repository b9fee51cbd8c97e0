"""Breakers: as one environment sees them where the table answers in part, and as several probe one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from realtime_sms.aws.breakers import Breaker, Breakers
from realtime_sms.aws.table import BREAKERS, LANES, Table
from realtime_sms.vocabulary import MessageType, Reason
from tests.fakes.aws.dynamodb import FakeDynamoDb
from tests.fakes.aws.errors import Refused
from tests.fakes.aws.models import Checked
from tests.fakes.quiet import quiet

NOW = 1_000_000_000.0
MINUTE = 60.0


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
    client: Any = Checked("dynamodb", Throttled())
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

    client: Any = Checked("dynamodb", Slow())
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

    client: Any = Checked("dynamodb", Open())
    opened = Breakers(Table(client, "outcomes")).open()
    assert opened is not None
    assert (opened.breaker, opened.reason) == (Breaker.AUTH, "full_moon")


class Client(FakeDynamoDb):
    """As much of boto3's client as breakers call."""

    def update_item(self, **request: Any) -> None:  # noqa: ANN401 (as boto3 takes it)
        """Change an item."""
        try:
            self.UpdateItem(request)
        except Refused as error:
            raise ClientError({"Error": {"Code": str(error)}}, "UpdateItem") from None

    def batch_get_item(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401
        """Read items."""
        return self.BatchGetItem(request)


class Environments:
    """Several environments over one table, with one clock."""

    def __init__(self, count: int) -> None:
        self.now = NOW
        client: Any = Checked("dynamodb", Client())
        self.each = [Breakers(Table(client, "outcomes"), now=lambda: self.now) for _ in range(count)]

    def probes(self) -> int:
        """Let each environment look, and try to probe; return how many may."""
        opened = [(one, one.open()) for one in self.each]
        return sum(one.take_probe(breaker) for one, breaker in opened if breaker is not None)


def test_a_wrong_address_is_probed_by_one_environment_at_a_time_and_ever_less_often() -> None:
    """In an hour that is at once, and after 1, 2, 4, 8 and 16 minutes more."""
    environments = Environments(3)
    environments.each[0].trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    probed = []
    while environments.now < NOW + 60 * MINUTE:
        if count := environments.probes():
            assert count == 1
            probed.append(round((environments.now - NOW) / MINUTE))
        environments.now += 6
    assert probed == [0, 1, 3, 7, 15, 31]


def test_of_many_threads_one_may_probe() -> None:
    """They share what their environment knows."""
    environments = Environments(1)
    (breakers,) = environments.each
    breakers.trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    opened = breakers.open()
    assert opened is not None
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: breakers.take_probe(opened), range(100))) == 1


def test_a_breaker_that_is_closed_after_a_probe_is_closed_for_all() -> None:
    """Under its own opening, which a probe does not change."""
    environments = Environments(2)
    first, second = environments.each
    first.trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    environments.now += 6
    opened = second.open()
    assert opened is not None
    assert second.take_probe(opened)
    assert second.close(opened)
    environments.now += 6
    assert first.open() is None


def test_no_probe_is_made_while_another_breaker_is_open_or_beside_it() -> None:
    """Without balance a probe would only find that out."""
    (breakers,) = Environments(1).each
    breakers.trip(Breaker.BALANCE, Reason.NO_BALANCE)
    breakers.trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    assert [breakers.take_probe(one) for one in breakers.all_open()] == [False, False]


def test_a_probe_that_the_table_does_not_take_is_not_made() -> None:
    """Another environment may make it."""

    class Failing(Client):
        """A table that takes openings alone."""

        def update_item(self, **request: Any) -> None:  # noqa: ANN401
            if ":probed" in request["ExpressionAttributeValues"]:
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
            super().update_item(**request)

    client: Any = Checked("dynamodb", Failing())
    breakers = Breakers(Table(client, "outcomes"), now=lambda: NOW)
    breakers.trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    opened = breakers.open()
    assert opened is not None
    with quiet():
        assert not breakers.take_probe(opened)


def test_the_pause_of_a_lane_is_read_in_the_same_call() -> None:
    """So a pause costs no call; what cannot be read stays as it was."""
    calls: list[object] = []
    paused = {"requestId": {"S": LANES}, "recipient": {"S": "promotional"}, "pausedSince": {"N": "1"}}

    class Reading:
        """A table that holds a paused lane, and answers once."""

        def batch_get_item(self, **asked: object) -> dict[str, Any]:
            calls.append(asked)
            if len(calls) > 1:
                raise ClientError({"Error": {"Code": "InternalServerError"}}, "BatchGetItem")
            return {"Responses": {"outcomes": [paused]}}

    client: Any = Checked("dynamodb", Reading())
    breakers = Breakers(Table(client, "outcomes"), fresh=0)
    for unknown in (False, True):
        assert breakers.open() is None
        assert breakers.paused == {MessageType.PROMOTIONAL}
        assert breakers.forgetting is unknown  # what was sent must not be taken for new
    assert len(calls) == 2
