"""The account's rate limit, held by several environments in virtual time: never more, and hardly ever less."""

import math
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_sms.outcomes.decide import Done, Later
from tests.fakes.quiet import quiet
from tests.proof.rate_limit.account import Account, Terms

TOLERANCE = 0.05  # of the limit


def _tried(terms: Terms) -> Account:
    account = Account(terms)
    with quiet():
        account.run()
    return account


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(
    st.builds(
        Terms,
        most=st.integers(1, 200),
        share=st.integers(1, 100),
        environments=st.integers(1, 6),
        campaigns=st.integers(0, 6),
        in_flight=st.integers(1, 60),
        messages=st.integers(1, 4),
        recipients=st.integers(1, 30),
        latency=st.floats(0.01, 2),
        skew=st.floats(0, 0.02),
        failures=st.sampled_from([0.0, 0.0, 0.2]),
        seed=st.integers(0, 99),
    )
)
def test_no_second_has_more_than_the_limit(terms: Terms) -> None:
    """However many environments, whatever their clocks are off by, and however often a reservation's reply is lost."""
    account = _tried(terms)
    assert max(account.per_second().values(), default=0) <= math.ceil(terms.most * (1 + TOLERANCE))
    ends = account.ends()
    assert all(isinstance(end, Done | Later) for end in ends)
    assert sum(isinstance(end, Done) for end in ends) == len(account.came)
    most = max(1, terms.most * terms.share // 100)
    assert all(promotional <= most for promotional in account.promotional.values())


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(Terms(most=100), id="one environment"),
        pytest.param(Terms(most=100, environments=5), id="five environments"),
        pytest.param(Terms(most=10, environments=5), id="more demand than an invocation can serve"),
        pytest.param(Terms(most=1, environments=3), id="one a second"),
        pytest.param(Terms(most=100, environments=5, latency=0.5, skew=0.02), id="clocks that differ"),
        pytest.param(Terms(most=500, environments=5, recipients=60, latency=0.2), id="five hundred a second"),
    ],
)
def test_where_there_is_demand_hardly_a_slot_is_wasted(
    terms: Terms, record_property: Callable[[str, object], None]
) -> None:
    """Every whole second but the first, and those in which the work runs out, has at least 95 % of the limit."""
    account = _tried(terms)
    counts = account.per_second()
    whole = [counts[second] for second in range(min(counts) + 1, max(counts) - 1)]
    record_property("tried", f"{terms}: {min(whole)} to {max(whole)} a second")
    assert min(whole) >= terms.most * (1 - TOLERANCE)
    assert max(whole) <= math.ceil(terms.most * (1 + TOLERANCE))


def test_slots_are_reserved_in_blocks_and_no_second_is_asked_for_in_vain_for_long() -> None:
    """A thousand messages through five environments cost few calls of the table, over as many items as seconds."""
    account = _tried(Terms(most=100, environments=5, recipients=20))
    assert len(account.came) == 1000
    assert account.updates <= 150
    assert len(account.reserved) >= 10


def test_a_table_that_never_answers_lets_nothing_out() -> None:
    """Nothing is claimed, nothing is sent, and each message comes back later: it is not lost, and not hurried."""
    account = _tried(Terms(most=10, environments=2, failures=1, recipients=2))
    assert account.came == []
    assert account.claims == 0
    now = account.kernel.now
    assert all(isinstance(end, Later) and end.at > now for end in account.ends())


def test_a_message_that_had_some_slots_comes_back_at_once_for_the_rest() -> None:
    """Only one that had none backs off."""
    account = _tried(Terms(most=5, messages=2, recipients=400))
    first, second = account.jobs
    assert {isinstance(end, Done) for end in first.ends.values()} == {True, False}
    assert first.due_at is not None
    assert first.due_at <= account.kernel.now
    assert second.due_at is not None
    assert second.due_at > account.kernel.now
