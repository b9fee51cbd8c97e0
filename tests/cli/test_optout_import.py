"""`rtsms optout import`: a file of numbers onto the opt-out list."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.vocabulary import OptOutScope
from tests.cli.fakes import FakeClient, Ran, fake_stack, import_openpyxl, run
from tests.fakes.stores import FakeOptOuts
from tests.fakes.submissions import NOW

ONE, TWO, THREE = "+56912345678", "+56912345679", "+56912345670"
FILE = f"nombre;teléfono\nAna;9 1234 5678\nEva;{TWO}\nAna;{ONE}\n"


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeOptOuts:
    """Replace the table's list by one in memory, and begin in an empty folder."""
    fake = FakeOptOuts()
    monkeypatch.setattr("rtsms.stack.Stack.opt_outs", lambda *_: fake)
    monkeypatch.chdir(tmp_path)
    return fake


def _import(*more: str, content: str = FILE, file: str = "lista.csv") -> Ran:
    Path("lista.csv").write_text(content, encoding="utf-8")
    return run("optout", "import", file, *more, stack=fake_stack({"dynamodb": FakeClient()}))


def test_each_number_of_a_file_is_added_once(numbers: FakeOptOuts) -> None:
    """However it is written; the plan comes first, and no number shows."""
    ran = _import("--yes", "--json")
    checked, imported = ran.lines
    assert checked == {
        "type": "checked",
        "rows": 3,
        "good": 3,
        "bad": 0,
        "repeatedNumbers": 1,
        "toAdd": 2,
        "toWiden": 0,
        "listed": 0,
    }
    assert imported == {"type": "imported", "added": 2, "widened": 0, "before": 0}
    assert {one.number: (one.source, one.scope) for one in numbers.entries.values()} == {
        ONE: ("import", OptOutScope.ALL),
        TWO: ("import", OptOutScope.ALL),
    }
    assert ONE[1:] not in ran.out + ran.err


def test_repeating_changes_nothing(numbers: FakeOptOuts) -> None:
    """Entries keep their time and source, and nothing is asked."""
    numbers.add(ONE, source="inbound", now=NOW)
    assert _import("--yes").code == 0
    before = dict(numbers.entries)
    assert before[ONE] == OptOut(ONE, "inbound", NOW)
    ran = _import()
    assert (ran.code, numbers.entries) == (0, before)
    assert "0 numbers to add, 2 on the list already" in ran.out


def test_a_dry_run_and_a_question_that_cannot_be_asked_change_nothing(numbers: FakeOptOuts) -> None:
    """A script has to say --yes."""
    assert "2 numbers to add" in _import("--dry-run").out
    ran = _import()
    assert (ran.code, numbers.entries) == (2, {})
    assert "--yes" in ran.err


def test_bad_rows_are_listed_and_stop_the_import(numbers: FakeOptOuts) -> None:
    """With their lines, and no value; --skip-bad-rows leaves them out."""
    content = f"numero\n{ONE}\n9 1234\nhola\n{TWO}\n"
    ran = _import("--yes", content=content)
    assert (ran.code, numbers.entries) == (2, {})
    assert "line 3: numero: " in ran.out
    assert "line 4: numero: " in ran.out
    assert "Nothing was changed" in ran.out
    assert [one["line"] for one in _import("--json", content=content).lines if one["type"] == "badRow"] == [3, 4]
    assert _import("--yes", "--skip-bad-rows", content=content).code == 0
    assert set(numbers.entries) == {ONE, TWO}


@pytest.mark.parametrize(
    ("options", "content"),
    [((), f"a,b\n{ONE},x\n"), (("--to-column", "c"), f"a,b\n{ONE},x\n"), ((), "")],
    ids=["no column of numbers", "no such column", "empty"],
)
def test_a_file_without_numbers_is_refused(numbers: FakeOptOuts, options: tuple[str, ...], content: str) -> None:
    """As by bulk."""
    assert (_import("--yes", *options, content=content).code, numbers.entries) == (2, {})


def test_a_scope_never_narrows_an_entry(numbers: FakeOptOuts) -> None:
    """A list of promotional opt-outs leaves those of all messages; the other way round widens."""
    numbers.add(ONE, source="inbound", now=NOW)
    assert _import("--yes", "--scope", "promotional").code == 0
    assert {one.number: one.scope for one in numbers.entries.values()} == {ONE: "all", TWO: "promotional"}
    ran = _import("--yes")
    assert "0 numbers to add, 1 to change from promotional to all messages, 1 on the list already" in ran.out
    assert {one.scope for one in numbers.entries.values()} == {OptOutScope.ALL}


def test_a_workbook_is_read_too(numbers: FakeOptOuts) -> None:
    """Its column is named."""
    workbook = import_openpyxl().Workbook()
    for row in (("cliente", "a quien"), ("Ana", ONE), ("Eva", TWO)):
        workbook.active.append(row)
    workbook.save("lista.xlsx")
    assert _import("--yes", "--to-column", "a quien", file="lista.xlsx").code == 0
    assert set(numbers.entries) == {ONE, TWO}


def test_what_a_table_that_stops_answering_left_is_added_by_the_next_run(
    numbers: FakeOptOuts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails; each entry that was added stays as it is."""
    many = "numero\n" + "".join(f"+569123{number:05}\n" for number in range(300))
    add, lock = numbers.add, threading.Lock()

    def failing(number: str, **more: object) -> OptOut:
        with lock:
            if len(numbers.entries) >= 150:
                raise StoreUnavailableError("EndpointConnectionError")
            return add(number, **more)  # type: ignore[arg-type]  # the options of `add`

    monkeypatch.setattr(numbers, "add", failing)
    assert _import("--yes", content=many).code == 4
    assert len(numbers.entries) == 150
    first = {number: replace(one) for number, one in numbers.entries.items()}
    monkeypatch.setattr(numbers, "add", add)
    assert "150 numbers to add, 150 on the list already" in _import("--yes", content=many).out
    assert len(numbers.entries) == 300
    assert first.items() <= numbers.entries.items()
