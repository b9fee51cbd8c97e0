"""What is held against the world: the delivery promise, as checks at each write, acceptance and acknowledgement."""

from collections.abc import Iterable
from functools import cache

from local.model_checker.delivery import drafts_of
from local.model_checker.scenario import Scenario
from local.model_checker.table import Key, Written, fields
from local.model_checker.world import Message, Truth, World
from realtime_sms.aws.opt_outs import PARTITION as OPT_OUTS
from realtime_sms.outcomes.state_machine import TRANSITIONS, Trigger
from realtime_sms.vocabulary import FINAL, Status

_NEVER_SENT = frozenset({Status.FAILED, Status.EXPIRED})
_BY_HAND = frozenset({Trigger.DEAD_LETTER, Trigger.REOPEN})
_ALLOWED = {
    (row.source, row.target)
    for row in TRANSITIONS
    if row.trigger not in _BY_HAND and (row.source, row.trigger) != (Status.UNKNOWN, Trigger.RESEND)
}
_NOTES = "#"  # what is no submission


def wrote(world: World, written: Written) -> None:
    """Check one change of a submission."""
    if written.code or written.after is None or _NOTES in {written.key[0][0], written.key[1][0]}:
        return
    before, after = written.before and fields(written.before), fields(written.after)
    change = (Status(before["status"]) if before else None, Status(after["status"]))
    truth = world.truth[written.key[1]]
    if change not in _ALLOWED:
        world.broken = f"a submission went from {change[0] or 'absent'} to {change[1]}"
    elif change[1] is Status.SUBMITTED and not truth.proven:
        world.broken = "submitted without proof"
    elif change[1] in _NEVER_SENT and truth.accepted:
        world.broken = f"{change[1]}, but RealTime accepted it"
    elif change[1] is Status.UNKNOWN and not (truth.open or world.disturbed):
        world.broken = "unknown, but nothing was open"
    elif after.get("reason") == "lease_over" and before and _at_work(world, before["owner"]):
        world.broken = "given up while its owner was at work"


def _at_work(world: World, owner: str) -> bool:
    number = owner.partition(".")[0]
    return any(work and str(work.number) == number and world.now < work.ends for work in world.workers)


def called(world: World, numbers: Iterable[str]) -> None:
    """Check that a call names nobody who has opted out."""
    if any((OPT_OUTS, number) in world.items for number in numbers):
        world.broken = "called, although the number has opted out"


def accepted(world: World, scenario: Scenario, number: str) -> None:
    """Check one more acceptance of a message to this number."""
    if world.truth[number].accepted > 1 and number not in _resendable(scenario):
        world.broken = "two messages on one handset"
    if any(key[1] == number and fields(item).get("status") in _NEVER_SENT for key, item in world.items.items()):
        world.broken = "accepted after it was said to have failed"


def acknowledged(world: World, scenario: Scenario, message: Message) -> None:
    """Check that a message that leaves the queue is not needed any more."""
    if message.buried:
        return
    for key, content in contents(scenario, message.sent).items():
        item = world.items.get(key)
        if item is None or fields(item)["status"] not in FINAL:
            world.broken = "acknowledged, but a recipient is not final"
        elif fields(item)["contentHash"] != content:
            world.broken = "acknowledged, but other content was sent"


def drained(world: World, scenario: Scenario) -> None:
    """Check the end of a history: nobody is at work and the queue is empty."""
    for message in world.messages:
        for key in () if message.buried else contents(scenario, message.sent):
            item = world.items.get(key)
            status = fields(item)["status"] if item else "absent"
            wanted = Status.FAILED if key[1] in scenario.opted_out else Status.SUBMITTED
            world.broken = world.broken or _wrong_end(world, scenario, message, (status, wanted), world.truth[key[1]])


def _wrong_end(world: World, scenario: Scenario, message: Message, ended: tuple[str, Status], truth: Truth) -> str:
    status, wanted = ended
    if status not in FINAL:
        return f"lost: its message is gone, and it is {status}"
    if truth.proven and not world.disturbed and status != Status.SUBMITTED:
        return f"{status}, but we were told that it was accepted"
    harmed = world.disturbed or world.left.faults != scenario.bounds.faults
    if not harmed and message.expires_at is None and status != wanted:
        return f"{status}, and nothing was wrong"
    return ""


@cache
def contents(scenario: Scenario, sent: int) -> dict[Key, str]:
    """Give the fingerprint of what each recipient of a message should get."""
    return {draft.key: draft.content_hash for draft in drafts_of(scenario.sent[sent].body(None))}


@cache
def _resendable(scenario: Scenario) -> frozenset[str]:
    return frozenset(number for sent in scenario.sent if sent.resend for number in sent.numbers)
