"""Find what stops a call after the claim: the opt-out list, the caps, or a number that was forgotten meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from realtime_sms.aws.caps import CapAnswer
from realtime_sms.aws.forgotten import Forgotten
from realtime_sms.aws.submissions import Applied, WriteResult
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import OptOutScope, Reason

type Caps = Callable[[Sequence[Submission]], Sequence[CapAnswer]]


class Claim(NamedTuple):
    """What became of a claim, and what stops its call: an opt-out, or something else.

    `opted_out` is None if what may stop it could not be read: then nothing is sent now.
    """

    result: WriteResult
    opted_out: bool | None
    stop: CapAnswer = None


def is_stopped(mine: Submission, opted_out: Mapping[str, OptOutScope]) -> bool:
    """Return True if the opt-out list stops messages of this type to the number."""
    scope = opted_out.get(mine.recipient)
    return scope is not None and scope.stops(mine.message_type)


def counted(changes: Sequence[Change], claims: list[Claim], caps: Caps) -> list[Claim]:
    """Count the claims that succeeded and that nothing stops yet."""
    places = [
        place
        for place, (change, claim) in enumerate(zip(changes, claims, strict=True))
        if change.is_claim and isinstance(claim.result, Applied) and claim.opted_out is False and not claim.stop
    ]
    for place, answer in zip(places, caps([changes[place].after for place in places]), strict=True):
        claims[place] = claims[place]._replace(stop=answer)
    return claims


def looked_at_again(changes: Sequence[Change], claims: list[Claim], forgotten: Forgotten) -> list[Claim]:
    """Refuse claims of submissions that ended, if their number was forgotten between the first look and the claim.

    Forgetting moves an item to its hash in one transaction. So if a claim found no item because it had moved, the hash
    can be read now.
    """
    new = {
        (change.after.request_id, change.after.recipient): place
        for place, (change, claim) in enumerate(zip(changes, claims, strict=True))
        if change.is_claim and change.before is None and isinstance(claim.result, Applied)
    }
    try:
        found = forgotten.finished(new)
    except StoreUnavailableError:
        return [Claim(one.result, None) for one in claims]
    for key in found:
        claims[new[key]] = claims[new[key]]._replace(stop=Reason.CONFLICT)
    return claims
