"""Publishing a checked campaign: every good row once, and after a crash only those that were left."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from realtime_sms.aws.producer import QueueUnavailableError
from rtsms.aws_fault import cause_of, explained
from rtsms.campaign import CAMPAIGN_ID, Campaign
from rtsms.check import BAD, Checked, mark
from rtsms.fault import Exit, Fault
from rtsms.journal import Journal
from rtsms.publisher import Message, Publisher
from rtsms.sheet import Sheet

_GO_ON = "run the same command again: it goes on where it was"
_SLUG = 40  # characters of a file's name in a campaign's id


@dataclass(frozen=True)
class Bulk:
    """A campaign that was checked, and the id that its requests' ids begin with."""

    sheet: Sheet
    campaign: Campaign
    checked: Checked
    campaign_id: str

    def journal(self, path: Path | None, queue_url: str) -> Journal:
        """Give the journal of this campaign on this queue."""
        identity = {"campaign": self.campaign_id, "content": self.checked.fingerprint, "queue": queue_url}
        default = self.sheet.path.with_name(f"{self.sheet.path.name}.journal")
        return Journal(path or default, identity, len(self.checked.numbers))

    def left(self, journal: Journal) -> int:
        """Count the good rows that the queue has not acknowledged."""
        pairs = zip(self.checked.numbers, journal.done, strict=True)
        return sum(number != BAD and not done for number, done in pairs)

    def publish(self, journal: Journal, publisher: Publisher, taken: Callable[[int], None]) -> None:
        """Publish what is left; `taken` is told how many rows more the queue acknowledged.

        Raises:
            Fault: the queue did not take something, or the file was changed; a next run goes on from there.

        """

        def note(rows: Sequence[int]) -> None:
            journal.record(rows)
            taken(len(rows))

        try:
            publisher.publish(self._messages(journal), note)
        except QueueUnavailableError as error:
            raise _stopped(error) from error
        except KeyboardInterrupt:
            raise Fault(Exit.INTERRUPTED, "rtsms bulk", "interrupted", to_do=_GO_ON) from None

    def _messages(self, journal: Journal) -> Iterator[Message]:
        """Read the file again; it must be what was checked, for its numbers are those that were read then."""
        checked = self.checked
        places = zip(checked.numbers, checked.lines, checked.marks, strict=True)
        for index, row in enumerate(self.sheet.rows()):
            number, line, was = next(places, (BAD, row.line, -1))
            if (line, was) != (row.line, mark(row)):
                raise self._changed(row.line)
            if number != BAD and not journal.done[index]:
                yield Message(index, self.campaign.body(self.campaign_id, row, number))
        for _, line, _ in places:
            raise self._changed(line)

    def _changed(self, line: int) -> Fault:
        what = "it was changed while it was published"
        to_do = "see that the file is what you want to send, and run the same command again"
        return Fault(Exit.USAGE, f"{self.sheet.path}, line {line}", what, to_do=to_do)


def campaign_id(named: str | None, sheet: Sheet, checked: Checked) -> str:
    """Name a campaign: as asked, else by the file's name and by all that is sent, so that the same is named the same.

    Raises:
        Fault: the name asked for cannot begin a request id.

    """
    if named is None:
        slug = re.sub(r"[^A-Za-z0-9]+", "-", sheet.path.stem).strip("-")[:_SLUG] or "bulk"
        return f"{slug}-{checked.fingerprint}"
    if not re.fullmatch(CAMPAIGN_ID, named):
        raise Fault(
            Exit.USAGE, "--campaign", "must be 1 to 64 letters, digits or . _ - and begin with a letter or digit"
        )
    return named


def estimate(checked: Checked, price: Decimal | None) -> Mapping[str, object]:
    """Say what a checked sheet comes to."""
    cost = {} if price is None else {"cost": str(checked.segments * price)}
    return {
        "rows": len(checked.numbers),
        "good": checked.good,
        "bad": checked.bad,
        "repeatedNumbers": checked.repeated,
        "segments": checked.segments,
        **cost,
    }


def _stopped(error: QueueUnavailableError) -> Fault:
    cause = cause_of(error)
    if cause is None:
        return Fault(Exit.NO_ANSWER, "the send queue", f"it did not take a message ({error})", to_do=_GO_ON)
    fault = explained(cause)
    return Fault(Exit.NO_ANSWER, "the send queue", fault.what, to_do=f"{fault.to_do}; then {_GO_ON}")
