"""The benchmark runs: one small round of the part that needs the whole send function and the stub around it."""

from bench import latency


def test_a_single_message_is_measured_and_its_calls_are_counted() -> None:
    """The send function sends against the stub; a warm message costs one claim, one outcome and one look-up."""
    result = latency.PART.measure(quick=True)
    assert [goal.unit for goal in result.goals] == ["round trips to the table"]
    assert result.tables[1].rows[1] == ["next", "2", "1", "0"]
