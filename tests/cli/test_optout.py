"""`rtsms optout`: one number, shown whole, and the list, masked by default."""

import pytest

from tests.cli.fakes import FakeStack, fake_stack, run
from tests.fakes.stores import FakeOptOuts
from tests.fakes.submissions import NOW

ONE = "+56912345678"


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
    assert (first["number"], first["source"]) == (ONE, "operator")
    assert list(numbers.entries) == [ONE]


def test_the_right_person_is_opted_out_and_shown(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """The trunk zero that Chile dropped makes no other number, and the whole one is printed."""
    assert f"{ONE}  operator" in run("optout", "add", "0912345678", stack=stack).out
    assert list(numbers.entries) == [ONE]
    for command in ("show", "remove"):
        assert f"{ONE}  operator" in run("optout", command, "+56 09 1234 5678", stack=stack).out


def test_an_entry_of_another_plan_can_be_shown_and_removed(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """To remove it a second time does not opt in whoever has the number today."""
    earlier = "+560912345678"
    for number in (earlier, ONE):
        numbers.add(number, source="operator", now=NOW)
    assert earlier in run("optout", "show", earlier, stack=stack).out
    assert earlier in run("optout", "remove", earlier, "--show-numbers", stack=stack).out
    assert run("optout", "remove", earlier, stack=stack).code == 3
    assert list(numbers.entries) == [ONE]
    assert ONE in run("optout", "show", earlier, stack=stack).out


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


def test_a_scope_is_set_and_shown(numbers: FakeOptOuts, stack: FakeStack) -> None:
    """To add a number again without one stops all messages to it."""
    run("optout", "add", ONE, "--scope", "promotional", stack=stack)
    assert numbers.entries[ONE].scope == "promotional"
    assert "promotional only" in run("optout", "show", ONE, stack=stack).out
    assert run("optout", "show", ONE, "--json", stack=stack).answer["scope"] == "promotional"
    assert "promotional" not in run("optout", "add", ONE, stack=stack).out
    assert numbers.entries[ONE].scope == "all"
    assert run("optout", "add", ONE, "--scope", "none", stack=stack).code == 2
