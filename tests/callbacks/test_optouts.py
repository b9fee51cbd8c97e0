"""The opt-out list in a table."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.table import StoreUnavailableError, Table
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.vocabulary import OptOutScope
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
    assert (optouts.find([NUMBER, OTHER, NUMBER]), optouts.page("", 10)) == ({NUMBER: OptOutScope.ALL}, [added])
    assert optouts.remove(NUMBER) == added
    assert (optouts.get(NUMBER), optouts.find([NUMBER]), optouts.page("", 10)) == (None, {}, [])


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
    assert optouts.find(numbers).keys() == set(numbers[::50])
    assert optouts.find([]) == {}


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
        assert OptOuts(Table(client, "t")).find([NUMBER, OTHER]).keys() == {OTHER}


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


def test_a_scope_is_found_shown_and_told_in_one_read(optouts: OptOuts) -> None:
    """What the sender looks up says which messages are stopped."""
    optouts.add(NUMBER, source="inbound", now=NOW, scope=OptOutScope.PROMOTIONAL)
    optouts.add(OTHER, source="inbound", now=NOW)
    assert optouts.find([NUMBER, OTHER]) == {NUMBER: OptOutScope.PROMOTIONAL, OTHER: OptOutScope.ALL}
    assert [one.scope for one in optouts.page("", 10)] == [OptOutScope.PROMOTIONAL, OptOutScope.ALL]


@pytest.mark.parametrize("scope", [None, {"S": "all"}, {"S": "of a later version"}, {"BOOL": True}])
def test_an_entry_whose_scope_is_not_known_stops_all(store: Store, optouts: OptOuts, scope: Any) -> None:  # noqa: ANN401 (an attribute)
    """Such as one that was made before there were scopes."""
    item = {"requestId": "#optout", "recipient": NUMBER, "source": "api", "createdAt": "2027-01-15T08:00:00.000Z"}
    written: Any = {name: {"S": value} for name, value in item.items()} | ({"scope": scope} if scope else {})
    store.client.put_item(TableName=store.table, Item=written)
    assert optouts.find([NUMBER]) == {NUMBER: OptOutScope.ALL}


def test_a_scope_is_widened_but_narrowed_only_if_asked(store: Store, optouts: OptOuts) -> None:
    """Source and time stay, and so does what a later version wrote."""
    some, all_ = OptOutScope.PROMOTIONAL, OptOutScope.ALL
    first = optouts.add(NUMBER, source="inbound", now=NOW, scope=some)
    assert optouts.add(NUMBER, source="api", now=NOW + 60, scope=some) == first
    wide = optouts.add(NUMBER, source="api", now=NOW + 60)
    assert wide == OptOut(NUMBER, "inbound", NOW, all_) == optouts.get(NUMBER)
    assert optouts.add(NUMBER, source="inbound", now=NOW + 90, scope=some) == wide == optouts.get(NUMBER)
    assert optouts.add(NUMBER, source="api", now=NOW + 90, scope=some, narrow=True) == first == optouts.get(NUMBER)
    assert len(store.items()) == 1


def test_a_number_that_is_listed_twice_has_the_wider_scope(optouts: OptOuts) -> None:
    """As itself, and as the hash of a number that was forgotten."""
    for listed, other in ((NUMBER, "forgotten:1"), ("forgotten:2", OTHER)):
        optouts.add(listed, source="api", now=NOW)
        optouts.add(other, source="api", now=NOW, scope=OptOutScope.PROMOTIONAL)
    hashes = {NUMBER: "forgotten:1", OTHER: "forgotten:2"}
    assert optouts.find([NUMBER, OTHER], hashes.__getitem__) == dict.fromkeys([NUMBER, OTHER], OptOutScope.ALL)
