"""The page of the benchmark says what was measured, and what was missed."""

from dataclasses import asdict

from bench.page import page, terminal
from bench.part import Goal, Result, Table
from bench.rounds import interleaved


def _report() -> dict[str, object]:
    goals = [
        Goal("counting", 61, 50, "least", "times as fast as a peer"),
        Goal("CPU an SMS", 2.0, 1.6, "most", "times a bare POST", "The rest is the store's."),
    ]
    found = asdict(Result(goals, [Table("CPU, µs an SMS", ["", "ours"], [["campaign", "400"]])]))
    part = {"name": "one", "title": "One", "method": "How.", "seconds": 1} | found
    return {"machine": {"cores": "4"}, "parts": [part, {**part, "title": "Two", "goals": [], "failed": "OSError: no"}]}


def test_the_page_counts_the_goals_and_says_why_one_is_missed() -> None:
    """A goal that is missed is there with by how much and the reason; a part that failed is not passed over."""
    written = page(_report())
    assert "1 of 2 are met" in written
    assert "- **One, CPU an SMS**: missed by 25%. The rest is the store's." in written
    assert "could not be measured: OSError: no" in written
    assert "| campaign | 400 |" in written


def test_the_terminal_shows_the_same_figures() -> None:
    """Bound, figure and verdict stand in one line."""
    line = next(line for line in terminal(_report()).splitlines() if "CPU an SMS" in line)
    figures = [cell.strip() for cell in line.split("  ") if cell.strip()]
    assert figures == ["CPU an SMS", "at most 1.6 times a bare POST", "2 times a bare POST", "missed by 25%"]


def test_a_figure_is_the_median_of_cases_that_take_turns() -> None:
    """Every case is run once a round, and one that is slow once does not move its figure."""
    turns: list[str] = []
    spikes = iter([1.0, 9.0, 1.0])

    def calm() -> float:
        turns.append("calm")
        return 1.0

    def spiky() -> float:
        turns.append("spiky")
        return next(spikes)

    assert interleaved({"calm": calm, "spiky": spiky}, rounds=3) == {"calm": 1.0, "spiky": 1.0}
    assert [sorted(turns[index : index + 2]) for index in (0, 2, 4)] == [["calm", "spiky"]] * 3
