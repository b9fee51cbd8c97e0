"""Generated files are up to date, and the check fails if they are not."""

from pathlib import Path

import pytest

from local import ROOT
from local.generated import GENERATED, main, out_of_step, write


def test_every_generated_file_is_in_step() -> None:
    """`make generated` writes them again."""
    assert out_of_step(ROOT) == []


@pytest.mark.parametrize("path", GENERATED)
def test_the_check_fails_on_a_file_that_was_changed(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names only that file, and changes nothing."""
    write(tmp_path)
    assert main(["--check"], tmp_path) == 0
    file = tmp_path / path
    file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")
    changed = file.read_bytes()
    assert main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert [one for one in GENERATED if one in told] == [path]
    assert file.read_bytes() == changed
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def test_the_check_fails_on_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    """A generator that was added without its file is found."""
    assert out_of_step(tmp_path) == list(GENERATED)
    write(tmp_path)
    first = next(iter(GENERATED))
    (tmp_path / first).write_bytes(b"\xff")
    assert out_of_step(tmp_path) == [first]


def test_an_unknown_option_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt `--check` must not write."""
    assert main(["--chekc"], tmp_path) == 2
    assert "usage" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
