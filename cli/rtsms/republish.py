"""Check, before `resend` and `redrive` publish a request again, that all its outcomes exist, and extend their lifetime.

The send function would send to a recipient without an outcome.
"""

from dataclasses import dataclass

from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.decide import Found
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import PreparedRequest
from realtime_sms.requests.recipients import mask
from rtsms.errors import CommandError, Exit


class MissingOutcomeError(CommandError):
    """A recipient has no outcome any more, so that the request must not be published again; `where` says which."""


@dataclass(frozen=True, slots=True)
class Republication:
    """A request that is to be published again at `now` (epoch seconds)."""

    submissions: Submissions
    prepared: PreparedRequest
    now: float

    @property
    def keys(self) -> list[Key]:
        """Return the key of each recipient's outcome."""
        messages = self.prepared.messages
        return [(self.prepared.request_id, one) for message in messages for one in message.recipients]

    def outcomes(self) -> dict[Key, Found]:
        """Return every recipient's outcome.

        Raises:
            MissingOutcomeError: one is missing, or past its TTL.

        """
        found: dict[Key, Found] = dict(self.submissions.read_living(self.keys, self.now))
        self._refuse([key for key in self.keys if key not in found])
        return found

    def prolong(self) -> None:
        """Restart the lifetime of all outcomes, as if they were new.

        Raises:
            MissingOutcomeError: one was deleted meanwhile.

        """
        self._refuse(self.submissions.prolong(self.keys, self.now))

    def _refuse(self, missing: list[Key]) -> None:
        if missing:
            more = f", nor have {len(missing) - 1} others" if len(missing) > 1 else ""
            what = f"has no outcome any more{more}, so the SMS might be sent twice; nothing was sent"
            to_do = "send to those who still need it under another request id"
            raise MissingOutcomeError(Exit.FAILED, self._place(missing[0][1]), what, to_do=to_do)

    def _place(self, recipient: str) -> str:
        """Return the recipient's place in the request, and its number masked; without a number it is its place."""
        recipients = self.prepared.recipients
        place = dict(zip(recipients.numbers, recipients.places, strict=True)).get(recipient)
        return recipient if place is None else f"{place}, {mask(recipient)}"


def known(found: dict[Key, Found]) -> list[Submission]:
    """Return those outcomes that this version can read."""
    return [one for one in found.values() if isinstance(one, Submission)]
