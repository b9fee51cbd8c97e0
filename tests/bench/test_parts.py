"""The benchmark runs: one small round of each part that the code around it could break unnoticed."""

from bench import cold, growth, latency
from bench.harness import Setup
from bench.stub import stub

QUICK = Setup(quick=True)


def test_a_single_message_is_measured_and_its_calls_are_counted() -> None:
    """The send function sends against the stub; a warm message costs one claim, one outcome and one look-up."""
    result = latency.measure(QUICK)
    assert [goal.unit for goal in result.goals] == ["round trips"]
    assert list(result.tables[0].rows[1][:4]) == ["the next", "2", "1", "0"]


def test_the_api_and_its_peer_start_and_answer_a_request() -> None:
    """Both accept the request that they are given, and the figures are of both."""
    rows = cold.measure(QUICK).tables[0].rows
    assert [row[0] for row in rows] == ["api", "REST handler of powertools"]
    assert all(int(cell.replace(",", "")) > 0 for row in rows for cell in row[1:])


def test_the_stub_counts_the_turns_of_the_rate_limit() -> None:
    """The environments take turns of the second from the stub, and keep the limit with them."""
    assert 0 < growth.rate_limit(QUICK).figures["reservations an SMS"] < 1


def test_a_run_of_maintenance_looks_at_each_shard_once() -> None:
    """With nothing due that is all that it asks the index of unfinished submissions."""
    with stub() as server:
        assert growth.look_for_overdue(QUICK, server) == 8
