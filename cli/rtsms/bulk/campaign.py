"""A campaign: a validated file and the id with which its request ids begin. Publish each good row once."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.outcomes.submission import Submission
from rtsms.bulk.journal import Journal, read_identity
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.publisher import Publisher, RowMessage
from rtsms.bulk.sheet import Row, Sheet
from rtsms.bulk.validation import BAD, ValidatedFile, hash_row
from rtsms.errors import CommandError, Exit, aws_error

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FILE_NAME = 40  # characters of a file's name in a campaign's id
_CONTINUE = "run the same command again: it continues where it stopped"


@dataclass(frozen=True)
class Campaign:
    """A validated file, ready to be published."""

    file: Sheet
    merge: MailMerge
    validated: ValidatedFile
    campaign_id: str

    def journal(self, path: Path | None, queue_url: str) -> Journal:
        """Return the journal of this campaign on this queue."""
        identity = {"campaign": self.campaign_id, "content": self.validated.fingerprint, "queue": queue_url}
        return Journal(path or self._default_journal, identity, len(self.validated.numbers))

    def check_journal(self) -> None:
        """Raise a `CommandError` if the journal beside the file says that this campaign had other content."""
        identity = read_identity(self._default_journal)
        if identity.get("campaign") != self.campaign_id or identity.get("content") == self.validated.fingerprint:
            return
        raise CommandError(
            Exit.USAGE,
            "FILE",
            "the journal says that this campaign had another file, text or options",
            to_do="pass the file, the text and the options that it was published with",
        )

    @property
    def _default_journal(self) -> Path:
        return self.file.path.with_name(f"{self.file.path.name}.journal")

    def remaining(self, journal: Journal) -> int:
        """Count the good rows that the queue has not acknowledged."""
        pairs = zip(self.validated.numbers, journal.done, strict=True)
        return sum(number != BAD and not done for number, done in pairs)

    def cancellations(self, *, owner: str, now: float) -> Iterator[Submission]:
        """Yield for each good row, published or not, the cancelled submission to write if the table has none."""
        for _, row, number in self._good_rows():
            yield self.merge.cancellation(self.campaign_id, row, number, owner=owner, now=now)

    def publish(self, journal: Journal, publisher: Publisher, on_published: Callable[[int], None]) -> None:
        """Publish the remaining rows; `on_published` gets the number of rows of each call.

        Raise a `CommandError` if the queue did not take a message, or if the file changed. The next run continues.
        """

        def record(rows: Sequence[int]) -> None:
            journal.record(rows)
            on_published(len(rows))

        try:
            publisher.publish(self._messages(journal), record)
        except QueueUnavailableError as error:
            failure = aws_error(error)
            raise CommandError(
                Exit.AWS, "the send queue", failure.what, to_do=f"{failure.to_do}; then {_CONTINUE}"
            ) from error
        except KeyboardInterrupt:
            raise CommandError(Exit.INTERRUPTED, "rtsms bulk", "interrupted", to_do=_CONTINUE) from None

    def _messages(self, journal: Journal) -> Iterator[RowMessage]:
        for index, row, number in self._good_rows():
            if not journal.done[index]:
                yield RowMessage(index, self.merge.queue_message(self.campaign_id, row, number))

    def _good_rows(self) -> Iterator[tuple[int, Row, int]]:
        """Read the file again; it must not have changed, because the numbers are those that were read before."""
        validated = self.validated
        expected = zip(validated.numbers, validated.lines, validated.hashes, strict=True)
        for index, row in enumerate(self.file.rows()):
            number, line, hashed = next(expected, (BAD, row.line, -1))
            if (line, hashed) != (row.line, hash_row(row)):
                raise self._file_changed(row.line)
            if number != BAD:
                yield index, row, number
        for _, line, _ in expected:
            raise self._file_changed(line)

    def _file_changed(self, line: int) -> CommandError:
        where, what = f"FILE, line {line}", "the file changed while it was read again"
        to_do = "check that the file is what you mean, and run the same command again"
        return CommandError(Exit.USAGE, where, what, to_do=to_do)


def make_campaign_id(chosen: str | None, file: Sheet, validated: ValidatedFile) -> str:
    """Return the chosen id if it is valid, or else one made of the file's name and of everything that is sent."""
    if chosen is None:
        name = re.sub(r"[^A-Za-z0-9]+", "-", file.path.stem).strip("-")[:_FILE_NAME] or "bulk"
        return f"{name}-{validated.fingerprint}"
    if not _ID.fullmatch(chosen):
        what = "must be 1 to 64 letters, digits or . _ - and begin with a letter or digit"
        raise CommandError(Exit.USAGE, "--campaign", what)
    return chosen
