"""The opt-out list in a table."""

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.table import StoreUnavailableError, Table
from realtime_sms.outcomes.opt_out import OptOut
from tests.conftest import Store
from tests.fakes.submissions import NOW

NUMBER, OTHER = "+56911112222", "+56911113333"


@pytest.fixture
def optouts(store: Store) -> OptOuts:
    """Return an empty list."""
    return OptOuts(Table(store.client, store.table))


def test_what_is_added_is_found_until_it_is_removed(optouts: OptOuts) -> None:
    """By every way of looking."""
    added = optouts.add(NUMBER, source="inbound", now=NOW)
    assert added == OptOut(NUMBER, "inbound", NOW) == optouts.get(NUMBER)
    assert (optouts.find([NUMBER, OTHER, NUMBER]), optouts.page("", 10)) == (frozenset({NUMBER}), [added])
    assert optouts.remove(NUMBER) == added
    assert (optouts.get(NUMBER), optouts.find([NUMBER]), optouts.page("", 10)) == (None, frozenset(), [])


def test_a_number_is_added_once(optouts: OptOuts) -> None:
    """The first entry stays: since when somebody has opted out is what may be asked for."""
    first = optouts.add(NUMBER, source="inbound", now=NOW)
    assert optouts.add(NUMBER, source="api", now=NOW + 60) == first == optouts.get(NUMBER)


def test_removing_what_is_not_there_is_nothing(optouts: OptOuts) -> None:
    """No error."""
    assert optouts.remove(NUMBER) is None


def test_finding_takes_any_number_of_numbers(optouts: OptOuts) -> None:
    """More than one read takes."""
    numbers = [f"+569111{place:05}" for place in range(250)]
    for number in numbers[::50]:
        optouts.add(number, source="api", now=NOW)
    assert optouts.find(numbers) == frozenset(numbers[::50])
    assert optouts.find([]) == frozenset()


def test_pages_give_every_number_once_in_order(optouts: OptOuts) -> None:
    """Whatever their size."""
    numbers = [f"+5691111{place:04}" for place in range(7)]
    for number in reversed(numbers):
        optouts.add(number, source="api", now=NOW)
    seen: list[str] = []
    while page := optouts.page(seen[-1] if seen else "", 3):
        seen += [one.number for one in page]
    assert seen == numbers


def test_an_entry_is_kept_for_good(store: Store, optouts: OptOuts) -> None:
    """It has no end of life, and its shape shows to those who read the table."""
    optouts.add(NUMBER, source="inbound", now=NOW)
    (item,) = store.items()
    assert item == {
        "requestId": {"S": "#optout"},
        "recipient": {"S": NUMBER},
        "source": {"S": "inbound"},
        "createdAt": {"S": "2027-01-15T08:00:00.000Z"},
    }


def test_what_one_read_left_is_read_again() -> None:
    """DynamoDB may answer for a part of the keys only; a number passed over would be written to."""
    client = boto3.client("dynamodb", region_name="sa-east-1")
    key = {"requestId": {"S": "#optout"}, "recipient": {"S": OTHER}}
    with Stubber(client) as stub:
        left = {"t": {"Keys": [key], "ConsistentRead": True}}
        stub.add_response("batch_get_item", {"Responses": {"t": []}, "UnprocessedKeys": left}, {"RequestItems": ANY})
        stub.add_response("batch_get_item", {"Responses": {"t": [key]}}, {"RequestItems": left})
        assert OptOuts(Table(client, "t")).find([NUMBER, OTHER]) == {OTHER}


class Dead:
    """A client whose store does not answer."""

    def __getattr__(self, name: str) -> object:
        def call(**_: object) -> object:
            raise EndpointConnectionError(endpoint_url="none")

        return call


@pytest.mark.parametrize(
    "ask",
    [
        lambda optouts: optouts.add(NUMBER, source="api", now=NOW),
        lambda optouts: optouts.remove(NUMBER),
        lambda optouts: optouts.get(NUMBER),
        lambda optouts: optouts.find([NUMBER]),
    ],
    ids=["add", "remove", "get", "find"],
)
def test_a_store_that_does_not_answer_is_no_empty_list(ask: object) -> None:
    """Whoever asks is told, and does not send."""
    with pytest.raises(StoreUnavailableError):
        ask(OptOuts(Table(Dead(), "t")))  # type: ignore[operator,arg-type]  # a fake
