"""`rtsms optout`: the list, by number, masked unless asked for."""

import pytest

from realtime_sms.aws.opt_outs import OptOut
from tests.api.fakes import NOW
from tests.cli.fakes import FakeStack, fake_stack, run

ONE = "+56912345678"


class FakeOptOuts:
    """The list in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, OptOut] = {}

    def add(self, number: str, *, source: str, now: float) -> OptOut:
        """Put a number on it."""
        return self.entries.setdefault(number, OptOut(number, source, now))

    def remove(self, number: str) -> OptOut | None:
        """Take one off."""
        return self.entries.pop(number, None)

    def get(self, number: str) -> OptOut | None:
        """Look one up."""
        return self.entries.get(number)

    def page(self, after: str, most: int) -> list[OptOut]:
        """Give some."""
        return [self.entries[number] for number in sorted(self.entries) if number > after][:most]


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> FakeOptOuts:
    """Give a list in the place of the table's."""
    fake = FakeOptOuts()
    monkeypatch.setattr("rtsms.optout._opt_outs", lambda _stack: fake)
    return fake


@pytest.fixture
def stack() -> FakeStack:
    """Give a stack."""
    return fake_stack()


def test_a_number_is_added_however_it_is_written(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """And stays as it is when it is added again."""
    first = run("optout", "add", "9 1234 5678", "--json", stack=stack).answer
    assert first == run("optout", "add", ONE, "--json", stack=stack).answer
    assert (first["number"], first["source"]) == ("+56***78", "operator")
    assert list(numbers.entries) == [ONE]


def test_a_number_is_shown_and_taken_off(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """Afterwards it is not found."""
    numbers.add(ONE, source="STOP", now=NOW)
    assert "STOP" in run("optout", "show", ONE, stack=stack).out
    assert "removed" in run("optout", "remove", ONE, stack=stack).out
    for what in ("show", "remove"):
        ran = run("optout", what, ONE, stack=stack)
        assert ran.code == 3
        assert "+56***78 is not on it" in ran.err


def test_the_list_is_read_page_by_page(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """Up to a limit, if one is given."""
    for last in range(250):
        numbers.add(f"+5691234{last:04}", source="api", now=NOW)
    shown = run("optout", "list", "--json", "--show-numbers", stack=stack).lines
    assert [one["number"] for one in shown] == sorted(numbers.entries)
    assert len(run("optout", "list", "--limit", "101", "--json", stack=stack).lines) == 101
    assert "+56912340001" not in run("optout", "list", stack=stack).out
    assert "250 numbers" in run("optout", "list", stack=stack).out


@pytest.mark.usefixtures("numbers")
def test_what_is_no_number_is_refused(stack: FakeStack) -> None:
    """With the code for it."""
    assert run("optout", "add", "hola", stack=stack).code == 2
