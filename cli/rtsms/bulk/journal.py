"""The journal of a campaign, a file beside the CSV file: a run that was killed continues where it stopped.

The first line identifies the campaign. Each other line lists rows that the queue acknowledged, as ranges of their
places in the file. A line counts once it has its line break, so a line that a crash cut off does not count.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from rtsms.errors import CommandError, Exit

_VERSION = 1
_SYNC_LINES = 100  # lines between two syncs to disk: a crash of the machine can lose them, a killed run loses none


class Journal:
    """A context manager around one journal, which one run at a time can open.

    `done` has a byte for each row, 1 if the queue acknowledged it.
    """

    def __init__(self, path: Path, identity: Mapping[str, str], rows: int) -> None:
        self.path = path
        self.done = bytearray(rows)
        self._header = {"journal": _VERSION, "rows": rows, **identity}
        self._file = -1
        self._unsynced = 0

    def __enter__(self) -> Self:
        """Open the journal or start one; raise a `CommandError` if it is not this campaign's, damaged or in use."""
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise self._error("another run is publishing this campaign", "wait for it, or stop it") from None
        except OSError as error:
            raise self._error(f"it cannot be written: {os.strerror(error.errno or 0)}", "pass --journal FILE") from None
        try:
            self._read()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write everything to disk, and close the journal."""
        os.fsync(self._file)
        os.close(self._file)

    def record(self, rows: Iterable[int]) -> None:
        """Record that the queue acknowledged these rows."""
        rows = sorted(rows)
        for row in rows:
            self.done[row] = 1
        self._write(",".join(_ranges(rows)))

    def _read(self) -> None:
        content = self.path.read_bytes()
        complete = content[: content.rfind(b"\n") + 1]
        os.ftruncate(self._file, len(complete))
        if not complete:
            self._write(json.dumps(self._header))
            return
        header, *lines = complete.decode("ascii", "replace").splitlines()
        self._check_header(header)
        for number, line in enumerate(lines, 2):
            try:
                for first, last in (map(int, written.split("-")) for written in line.split(",")):
                    self.done[first : last + 1] = b"\1" * len(self.done[first : last + 1])
            except ValueError:
                to_do = "remove that line: its rows are then published again"
                raise self._error(f"line {number} is damaged", to_do) from None

    def _check_header(self, header: str) -> None:
        try:
            found = json.loads(header)
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("journal") != _VERSION:
            raise self._error("it is not a journal of this command", "pass --journal FILE")
        others = [name for name in self._header if found.get(name) != self._header[name]]
        if others:
            raise self._error(
                f"it belongs to a campaign with another {' and another '.join(sorted(others))}",
                "to continue that campaign, use its file, text and stack; to publish this one, pass --journal FILE. "
                "With the id of that campaign as --campaign as well, a row that is in both campaigns is sent once",
            )

    def _write(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())
        self._unsynced += 1
        if self._unsynced >= _SYNC_LINES:
            os.fsync(self._file)
            self._unsynced = 0

    def _error(self, what: str, to_do: str) -> CommandError:
        return CommandError(Exit.USAGE, "the journal", what, to_do=to_do)


def read_identity(path: Path) -> Mapping[str, object]:
    """Return what the journal at this path says of its campaign; nothing if there is none."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            found = json.loads(file.readline())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ranges(rows: Iterable[int]) -> list[str]:
    """Write rows as ranges: 3, 4, 5, 9 is `3-5,9-9`."""
    runs = groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0])
    return [f"{run[0][1]}-{run[-1][1]}" for run in (list(some) for _, some in runs)]
