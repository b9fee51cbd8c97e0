"""The journal keeps what was published, however the run ends."""

from pathlib import Path

import pytest

from rtsms.bulk.journal import Journal
from rtsms.errors import CommandError

IDENTITY = {"campaign": "mayo", "content": "1", "queue": "q"}


def _done(path: Path, rows: int = 20) -> list[int]:
    with Journal(path, IDENTITY, rows) as journal:
        return [row for row, done in enumerate(journal.done) if done]


def test_recorded_rows_are_read_again(tmp_path: Path) -> None:
    """Batches can come back in any order."""
    path = tmp_path / "j"
    with Journal(path, IDENTITY, 20) as journal:
        journal.record([12, 10, 11, 19])
        journal.record([0])
    assert _done(path) == [0, 10, 11, 12, 19]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path, cut: int) -> None:
    """A row that is recorded after it does."""
    path = tmp_path / "j"
    with Journal(path, IDENTITY, 20) as journal:
        journal.record([0, 1])
        journal.record([10, 11, 12, 19])
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path, IDENTITY, 20) as journal:
        journal.record([5])
    assert _done(path) == [0, 1, 5]


def test_a_journal_with_a_cut_off_header_is_new(tmp_path: Path) -> None:
    """Nothing was published yet."""
    path = tmp_path / "j"
    path.write_bytes(b'{"journal": 1, "ro')
    assert _done(path) == []
    assert _done(path) == []


def test_two_runs_cannot_publish_one_campaign_at_once(tmp_path: Path) -> None:
    """The second one stops with an error."""
    path = tmp_path / "j"
    with Journal(path, IDENTITY, 20), pytest.raises(CommandError, match="another run is publishing"):
        _done(path)
    assert _done(path) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"journal": 1, "rows": 20, "campaign": "mayo", "content": "2", "queue": "q"}\n', "with another content"),
        ('{"journal": 1, "rows": 20, "campaign": "mayo", "content": "1", "queue": "other"}\n', "with another queue"),
        ("numero,nombre\n", "not a journal of this command"),
        ("[1]\n", "not a journal of this command"),
        (
            '{"journal": 1, "rows": 20, "campaign": "mayo", "content": "1", "queue": "q"}\n1-2\nx\n',
            "line 3 is damaged",
        ),
    ],
    ids=["other-file", "other-stack", "a-sheet", "a-list", "damaged"],
)
def test_another_file_is_not_taken_for_the_journal(tmp_path: Path, content: str, told: str) -> None:
    """It stays as it is."""
    path = tmp_path / "j"
    path.write_text(content, encoding="ascii")
    with pytest.raises(CommandError, match=told):
        _done(path)
    assert path.read_text(encoding="ascii") == content


def test_a_journal_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error comes before anything is published."""
    with pytest.raises(CommandError, match="cannot be written"):
        _done(tmp_path / "no" / "j")
