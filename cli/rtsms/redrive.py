"""Sending dead letters back by reason, under the request id that they had: nothing is sent twice.

SQS's own redrive would give each message a new id, and with it, to a request that names none, a new identity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_sms.aws.dead_letters import DeadLetter, DeadLetters
from realtime_sms.aws.producer import message
from realtime_sms.aws.submissions import Applied, Indeterminate, StoreUnavailableError, Submissions
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.requests.envelope import open_envelope, unwrap
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.vocabulary import Reason, Status

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REASONS = (Reason.UNREADABLE, Reason.INVALID_REQUEST, Reason.CONFLICT, Reason.DEAD_LETTERED)  # that a letter can have
_HIDDEN = 120  # seconds for which a letter that stays is kept from coming round again
_BATCHES = 1000  # of ten letters
_WAIT = 1  # second; a person who is told that there are no letters believes it


@dataclass(frozen=True, slots=True)
class Redriven:
    """One letter that went back, and how many of its recipients were reopened."""

    request_id: str
    reason: str
    reopened: int


@dataclass(frozen=True, slots=True)
class Redrive:
    """Everything a redrive works on."""

    client: "SQSClient"
    queue_url: str
    letters: DeadLetters
    submissions: Submissions
    defaults: Defaults

    def run(self, reason: str, *, now: float) -> Iterator[Redriven]:
        """Send back every letter with this reason that lay there before `now` (epoch seconds).

        One that is rejected again comes back as a new letter, which a later run may send.

        A letter is taken out only when its message is on the queue again; a crash between leaves both, which the
        request id makes harmless.

        Raises:
            StoreUnavailableError: the table did not answer; the letter stays.

        """
        for letter in self.letters.receive(batches=_BATCHES, hidden=_HIDDEN, wait=_WAIT):
            if letter.reason == reason and letter.sent_at < now:
                yield self._send_back(letter, now)

    def _send_back(self, letter: DeadLetter, now: float) -> Redriven:
        reopened = self._reopen(letter, now)
        self.client.send_message(QueueUrl=self.queue_url, MessageBody=with_request_id(letter.body, letter.request_id))
        self.letters.remove(letter)
        return Redriven(letter.request_id, letter.reason, reopened)

    def _reopen(self, letter: DeadLetter, now: float) -> int:
        """Let what was buried, and so never sent, be sent after all.

        A message whose recipients are not reopened must not go back: the sender would take it for done. Nor one whose
        outcomes may be deleted before it is: the sender would know nothing of what was sent.
        """
        try:
            drafts = prepare(open_envelope(letter.body, letter.message_id), self.defaults).drafts
        except InvalidInputError:
            return 0  # it never had outcomes, but for the note that says why
        found = self.submissions.read((letter.request_id, draft.recipient) for draft in drafts)
        self.submissions.keep(found, now)
        buried = [one for one in found.values() if (one.status, one.reason) == (Status.FAILED, Reason.DEAD_LETTERED)]
        answers = self.submissions.swap([Change(one, submission.reopen(one, now=now)) for one in buried])
        if unanswered := [answer for answer in answers if isinstance(answer, Indeterminate)]:
            raise StoreUnavailableError(unanswered[0].code)
        return sum(isinstance(answer, Applied) for answer in answers)


def with_request_id(body: str, request_id: str) -> str:
    """Write the request id into a message's body, taken out of its envelopes; what cannot be opened stays as it is."""
    try:
        payload, _ = unwrap(body)
    except InvalidInputError:
        return body
    return message(payload | {"requestId": request_id})
