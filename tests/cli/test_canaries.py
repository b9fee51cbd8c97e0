"""No error of the command repeats what was typed, is in a file or came from AWS: a number, a text or a token.

A canary is put everywhere, and every error of the command is provoked. The walk fails if an error was not provoked.
"""

import ast
import fcntl
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from local import ROOT
from rtsms.bulk.mail_merge import BadRowError
from rtsms.errors import CommandError
from rtsms.main import main
from tests.cli.canary_cases import CANARIES, CASES, bulk
from tests.fakes.stores import FakeOptOuts

FRAGMENTS = ("987651234", "anario", "4711", "Secreto")
SOURCES = sorted((ROOT / "cli" / "rtsms").rglob("*.py"))
NOT_WALKED = (
    'invalid_input("message.text"',  # of a text that is refused without a recipient, but not with one: there is none
    "StoreUnavailableError(",  # told as an error of AWS
    'to_do="wait until they are',  # of a number with unfinished requests: see test_forget
)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> set[tuple[Path, int]]:
    """Record the lines of the command's source from which an error is made."""
    lines: set[tuple[Path, int]] = set()

    def recording(made: type[Exception]) -> None:
        original = made.__init__

        def init(self: Exception, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 (of any error)
            original(self, *arguments, **named)
            frame: FrameType | None = sys._getframe(1)
            while frame:
                lines.add((Path(frame.f_code.co_filename), frame.f_lineno))
                frame = frame.f_back

        monkeypatch.setattr(made, "__init__", init)

    recording(CommandError)
    recording(BadRowError)
    return lines


def _errors() -> Iterator[tuple[Path, int, int]]:
    """Yield the first and the last line of each statement that makes an error."""
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            raising = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            made = node.value if isinstance(node, ast.Return) else None
            returning = (
                isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "CommandError"
            )
            if not isinstance(node, ast.Raise | ast.Return) or not (raising or returning):
                continue
            if not any(known in (ast.get_source_segment(text, node) or "") for known in NOT_WALKED):
                yield source, node.lineno, node.end_lineno or node.lineno


def _load_workbook(path: Path, **_options: object) -> object:
    """Read a workbook with one decimal number, or fail as a library does, with a message that quotes."""
    if b"decimal" not in path.read_bytes():
        raise ValueError(f"cannot convert {', '.join(CANARIES.values())} to float")
    values: list[list[object]] = [["numero", "nombre"], [987651234.5, "Canario"]]
    cells = [[SimpleNamespace(value=one, number_format="General", data_type="n") for one in row] for row in values]
    sheet = SimpleNamespace(reset_dimensions=lambda: None, iter_rows=lambda: iter(cells))
    return SimpleNamespace(worksheets=[sheet], close=lambda: None)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder, with an AWS that does not answer."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_REGION": "sa-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("rtsms.bulk.publisher._PAUSES", ())
    monkeypatch.setattr("realtime_sms.aws.cancel._PAUSES", (0.0,))
    monkeypatch.setitem(sys.modules, "openpyxl", SimpleNamespace(load_workbook=_load_workbook))
    monkeypatch.setattr("rtsms.optout._opt_outs", lambda _stack: FakeOptOuts())
    return tmp_path


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_no_error_of_the_command_has_a_canary(elsewhere: Path, reached: set[tuple[Path, int]]) -> None:
    """Neither as text nor as JSON; and there is no error that this does not provoke."""
    for kind, canary in CANARIES.items():
        for number, case in enumerate(CASES):
            for more in ((), ("--json",)):
                _empty(elsewhere)
                ran = case.run(canary, *more)
                told = f"{kind}, {number}: {case.arguments}: {ran.out}{ran.err}"
                assert ran.code, told
                assert ran.err or "bad" in ran.out, told
                assert not [fragment for fragment in FRAGMENTS if fragment in ran.out + ran.err], told
    with Path("clientes.csv.journal").open("w", encoding="utf-8") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        assert "another run is publishing" in bulk("--yes").run("").err
    Path("clientes.csv.journal").unlink()
    assert bulk("--yes").run("").code == 0
    with Path("clientes.csv.journal").open("a", encoding="utf-8") as journal:
        journal.write("Canario 4711\n")
    assert "the journal: line 3 is damaged" in (damaged := bulk("--yes").run("").err)
    assert "4711" not in damaged
    missed = [
        f"{source.name}:{first}"
        for source, first, last in _errors()
        if not any((source, line) in reached for line in range(first, last + 1))
    ]
    assert missed == []


def test_a_defect_of_the_command_has_no_canary(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hook prints what kind of error it was, and where it arose."""
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    monkeypatch.setattr("sys.argv", ["rtsms", "preview", "hola"])
    monkeypatch.setattr("rtsms.preview.preview", lambda *_arguments: dict[str, str]()["Canario"])
    with pytest.raises(KeyError) as defect:
        main()
    sys.excepthook(defect.type, defect.value, defect.tb)
    told = capsys.readouterr().err
    assert "error: rtsms: KeyError in test_canaries.py, line " in told
    assert "Canario" not in told
