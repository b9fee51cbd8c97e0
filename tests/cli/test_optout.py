"""`rtsms optout`: the opt-out list, with masked numbers by default."""

import pytest

from realtime_sms.aws.opt_outs import OptOut
from tests.cli.fakes import FakeStack, fake_stack, run
from tests.fakes.submissions import NOW

ONE = "+56912345678"


class FakeOptOuts:
    """An opt-out list in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, OptOut] = {}

    def add(self, number: str, *, source: str, now: float) -> OptOut:
        """Add a number."""
        return self.entries.setdefault(number, OptOut(number, source, now))

    def remove(self, number: str) -> OptOut | None:
        """Remove a number."""
        return self.entries.pop(number, None)

    def get(self, number: str) -> OptOut | None:
        """Return an entry."""
        return self.entries.get(number)

    def page(self, after: str, most: int) -> list[OptOut]:
        """Return a page."""
        return [self.entries[number] for number in sorted(self.entries) if number > after][:most]


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> FakeOptOuts:
    """Replace the table's list by one in memory."""
    fake = FakeOptOuts()
    monkeypatch.setattr("rtsms.optout._opt_outs", lambda _stack: fake)
    return fake


@pytest.fixture
def stack() -> FakeStack:
    """Return a stack."""
    return fake_stack()


def test_a_number_is_added_however_it_is_written(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """If it is added again, its entry stays as it is."""
    first = run("optout", "add", "9 1234 5678", "--json", stack=stack).answer
    assert first == run("optout", "add", ONE, "--json", stack=stack).answer
    assert (first["number"], first["source"]) == ("+56***78", "operator")
    assert list(numbers.entries) == [ONE]


def test_a_number_is_shown_and_removed(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """A removed number is not found."""
    numbers.add(ONE, source="STOP", now=NOW)
    assert "STOP" in run("optout", "show", ONE, stack=stack).out
    assert "removed" in run("optout", "remove", ONE, stack=stack).out
    for what in ("show", "remove"):
        ran = run("optout", what, ONE, stack=stack)
        assert ran.code == 3
        assert "+56***78 is not on it" in ran.err


def test_the_list_is_read_page_by_page(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """--limit bounds it."""
    for last in range(250):
        numbers.add(f"+5691234{last:04}", source="api", now=NOW)
    shown = run("optout", "list", "--json", "--show-numbers", stack=stack).lines
    assert [one["number"] for one in shown] == sorted(numbers.entries)
    assert len(run("optout", "list", "--limit", "101", "--json", stack=stack).lines) == 101
    assert "+56912340001" not in run("optout", "list", stack=stack).out
    assert "250 numbers" in run("optout", "list", stack=stack).out


@pytest.mark.usefixtures("numbers")
def test_an_invalid_number_is_refused(stack: FakeStack) -> None:
    """Its exit code is that of invalid input."""
    assert run("optout", "add", "hola", stack=stack).code == 2
