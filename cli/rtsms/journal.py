"""What of a campaign is on the queue, in a file beside the sheet: a run that was killed goes on where it was.

The first line says what it is the journal of. Each other line lists rows that the queue acknowledged, as ranges of
their places in the file. A line counts once it has its line break, so one that was cut off by a crash does not.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from rtsms.fault import Exit, Fault

_VERSION = 1
_SYNCED = 100  # lines after which the disk is waited for; a crash of the machine can lose so many, a killed run none
type Identity = Mapping[str, str]


class Journal:
    """A context manager around one journal; one run at a time has it.

    `done` has an octet for each row, 1 where the queue acknowledged it.
    """

    def __init__(self, path: Path, identity: Identity, rows: int) -> None:
        self.path = path
        self.done = bytearray(rows)
        self._header = {"journal": _VERSION, "rows": rows, **identity}
        self._file = -1
        self._unsynced = 0

    def __enter__(self) -> Self:
        """Open or begin it.

        Raises:
            Fault: it is of something else, damaged, in use, or cannot be written.

        """
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise self._fault("another run is publishing this campaign", "wait for it, or end it") from None
        except OSError as error:
            raise self._fault(f"it cannot be written: {error.strerror}", "give --journal FILE") from None
        try:
            self._read()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; the rows are on the disk then."""
        os.fsync(self._file)
        os.close(self._file)

    def record(self, rows: Iterable[int]) -> None:
        """Note that the queue has these rows."""
        rows = sorted(rows)
        for row in rows:
            self.done[row] = 1
        self._write(",".join(_ranges(rows)))

    def _read(self) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        os.ftruncate(self._file, len(whole))
        if not whole:
            self._write(json.dumps(self._header))
            return
        header, *lines = whole.decode("ascii", "replace").splitlines()
        self._check(header)
        for number, line in enumerate(lines, 2):
            try:
                for first, last in (map(int, written.split("-")) for written in line.split(",")):
                    self.done[first : last + 1] = b"\1" * len(self.done[first : last + 1])
            except ValueError:
                raise self._fault(
                    f"line {number} of it is damaged", "remove that line: its rows are published again"
                ) from None

    def _check(self, header: str) -> None:
        try:
            found = json.loads(header)
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("journal") != _VERSION:
            raise self._fault("it is no journal of this command", "give --journal FILE")
        others = [name for name in self._header if found.get(name) != self._header[name]]
        if others:
            raise self._fault(
                f"it is of a campaign with another {' and another '.join(sorted(others))}",
                "to go on with that one, use its file, text and stack again; to publish this one, give --journal FILE. "
                f"With --campaign {found.get('campaign')} besides, a row that is in both is sent to once",
            )

    def _write(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())
        self._unsynced += 1
        if self._unsynced >= _SYNCED:
            os.fsync(self._file)
            self._unsynced = 0

    def _fault(self, what: str, to_do: str) -> Fault:
        return Fault(Exit.USAGE, f"journal {self.path}", what, to_do=to_do)


def _ranges(rows: Iterable[int]) -> list[str]:
    """Write rows as ranges: 3, 4, 5, 9 is `3-5,9-9`."""
    runs = groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0])
    return [f"{run[0][1]}-{run[-1][1]}" for run in (list(some) for _, some in runs)]
