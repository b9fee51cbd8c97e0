"""Delivery states: a total order, so that reports may come in any."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from realtime_sms.provider.reports import DeliveryUpdate
from realtime_sms.vocabulary import Delivery, DeliveryReason

TOLD = [
    DeliveryUpdate(Delivery.PENDING),
    DeliveryUpdate(Delivery.EXPIRED),
    DeliveryUpdate(Delivery.UNDELIVERED),
    DeliveryUpdate(Delivery.UNDELIVERED, DeliveryReason.NETWORK),
    DeliveryUpdate(Delivery.REJECTED),
    DeliveryUpdate(Delivery.REJECTED, DeliveryReason.BAD_NUMBER),
    DeliveryUpdate(Delivery.DELIVERED),
]


def heard(told: list[DeliveryUpdate]) -> DeliveryUpdate | None:
    """Return what is known of the delivery after these updates."""
    known: DeliveryUpdate | None = None
    for update in told:
        known = update if update.supersedes(known) else known
    return known


def test_the_order_is_total() -> None:
    """Of two states one is lower, and none is lower than itself."""
    for one, other in product(Delivery, repeat=2):
        assert (one in other.superseded_states) + (other in one.superseded_states) + (one is other) == 1


def test_the_order_is_the_one_that_the_pages_tell() -> None:
    """What a phone has outweighs everything."""
    assert list(Delivery) == ["pending", "expired", "undelivered", "rejected", "delivered"]
    assert [state.settled for state in Delivery] == [False, True, True, True, True]


@given(st.data())
def test_any_order_of_the_same_news_gives_the_same_state(data: st.DataObject) -> None:
    """However often each is told."""
    told = data.draw(st.lists(st.sampled_from(TOLD)))
    other = data.draw(st.permutations([*told, *told[:3]]))
    assert heard(told) == heard(other)


@given(st.lists(st.sampled_from(TOLD)), st.sampled_from(TOLD))
def test_what_is_heard_is_never_lowered(told: list[DeliveryUpdate], more: DeliveryUpdate) -> None:
    """Nor is a reason forgotten while the state stays."""
    before, after = heard(told), heard([*told, more])
    assert after is not None
    assert before is None or before == after or after.supersedes(before)
