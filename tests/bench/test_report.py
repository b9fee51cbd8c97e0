"""The page of the benchmark says what was measured, and what was missed."""

import pytest

from bench import __main__ as bench
from bench.harness import ROOT, Setup, interleaved
from bench.report import Goal, Result, Table, page, terminal

GOALS = [
    Goal("counting", 61, 50, "least", "times as fast as a peer"),
    Goal("CPU an SMS", 2.0, 1.6, "most", "times a bare POST", "The rest is the store's."),
]
RESULT = Result(GOALS, [Table(["CPU, µs an SMS", "ours"], [["campaign", "400"]])])


def test_the_page_counts_the_goals_and_says_why_one_is_missed() -> None:
    """A goal that is missed is there with by how much and the reason; a part that failed is not passed over."""
    results = dict.fromkeys(bench.PARTS, Result()) | {"cpu": RESULT, "growth": Result(failed="OSError: no")}
    written = page(results, "a machine of 4 cores")
    assert "1 of 2 are met" in written
    assert "- **CPU an SMS**: missed by 25%. The rest is the store's." in written
    assert "could not be measured: OSError: no" in written
    assert "| campaign       | 400  |" in written
    assert "a machine of 4 cores" in written


def test_the_terminal_shows_the_same_figures() -> None:
    """Bound, figure and verdict stand in one line."""
    line = next(line for line in terminal({"cpu": RESULT}, "").splitlines() if "CPU an SMS" in line)
    figures = [cell.strip() for cell in line.split("|") if cell.strip()]
    assert figures == ["CPU an SMS", "at most 1.6 times a bare POST", "2", "missed by 25%"]


def test_a_part_that_fails_does_not_keep_the_others_from_being_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its failure is printed and is the exit status."""

    def part(name: str, _setup: Setup) -> Result:
        if name == "cpu":
            raise OSError("no")
        return RESULT

    monkeypatch.setattr(bench, "_part", part)
    assert bench.main(["--only", "cpu,growth"]) == 1
    printed = capsys.readouterr().out
    assert "could not be measured: OSError: no" in printed
    assert "| campaign       | 400  |" in printed


def test_a_comparison_shows_both_checkouts_and_their_ratio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each round measures both, the first of them in turns, and the ratio is this checkout to the other."""
    order = []

    def part(_name: str, setup: Setup) -> Result:
        order.append(setup.code)
        return Result(figures={"CPU an SMS, µs": 150.0 if setup.code == ROOT else 100.0})

    monkeypatch.setattr(bench, "_part", part)
    other = ROOT.parent
    assert bench.main(["--only", "cpu", "--against", str(other), "--rounds", "2"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert [cell.strip() for cell in line.split("|")[1:-1]] == [
        "CPU an SMS, µs",
        "150",
        "100",
        "1.500",
        "1.500 to 1.500",
    ]
    assert order == [other, ROOT, ROOT, other]


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
