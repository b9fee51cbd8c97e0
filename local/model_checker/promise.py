"""The delivery promise, as checks at each write, call, acceptance and acknowledgement."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from local.model_checker.clients import Post
from local.model_checker.delivery import messages_of
from local.model_checker.scenario import CALL_SECONDS, Scenario
from local.model_checker.table import Key, Written, essence, fields, seconds
from local.model_checker.world import Message, Truth, World
from realtime_sms.aws.cancel import Answer
from realtime_sms.aws.table import OPT_OUTS
from realtime_sms.outcomes.state_machine import TRANSITIONS, Trigger
from realtime_sms.vocabulary import FINAL, Reason, Status

_NEVER_SENT = frozenset({Status.FAILED, Status.EXPIRED, Status.CANCELLED})
_ALLOWED = {
    (row.source, row.target)
    for row in TRANSITIONS
    if row.source is not Status.FAILED and (row.source, row.trigger) != (Status.UNKNOWN, Trigger.RESEND)
}
_OF_A_DEAD_LETTER = {(row.source, row.target) for row in TRANSITIONS if row.source is Status.FAILED}
_OF_NO_MESSAGE = frozenset({"unauthorized", "forbidden", "no_balance", "wrong_address"})
_NOTES = "#"  # what is no submission


def wrote(world: World, written: Written) -> None:
    """Check one change of a submission."""
    if written.after is None or _NOTES in {written.key[0][0], written.key[1][0]} or _lives_longer(written):
        return
    before, after = fields(written.before) if written.before else None, fields(written.after)
    change = (Status(before["status"]) if before else None, Status(after["status"]))
    truth = world.truth[written.key[1]]
    if not _is_allowed(change, before or {}):
        world.broken = f"a submission went from {change[0] or 'absent'} to {change[1]}"
    elif change[1] is Status.SUBMITTED and not truth.proven:
        world.broken = "submitted without proof"
    elif change[1] is Status.FAILED and after.get("reason") in _OF_NO_MESSAGE:
        world.broken = f"failed for {after['reason']}, which says nothing of the message"
    elif change[1] is Status.FAILED and after.get("reason") == "malformed" and not world.token_taken:
        world.broken = "failed, though its token may have been at fault"
    elif change[1] in _NEVER_SENT and truth.accepted:
        world.broken = f"{change[1]}, but RealTime accepted it"
    elif change[1] is Status.CANCELLED and truth.answer == Answer.TOO_LATE:
        world.broken = "cancelled after it was said to be too late"
    elif change[1] is Status.UNKNOWN and not (truth.open or world.disturbed):
        world.broken = "unknown, but nothing was open"
    elif after.get("reason") == "lease_over" and before and _at_work(world, before["owner"]):
        world.broken = "given up while its owner was at work"


def _lives_longer(written: Written) -> bool:
    before, after = written.before, written.after
    return before is not None and after is not None and essence(before) == essence(after)


def _is_allowed(change: tuple[Status | None, Status], before: Mapping[str, Any]) -> bool:
    dead = before.get("reason") == Reason.DEAD_LETTERED and before["status"] == Status.FAILED
    return change in (_OF_A_DEAD_LETTER if dead else _ALLOWED)


def _at_work(world: World, owner: str) -> bool:
    number = owner.partition(".")[0]
    return any(work and str(work.number) == number and world.now < work.ends - work.frozen for work in world.workers)


def called(world: World, scenario: Scenario, worker: int, post: Post) -> None:
    """Check that a call comes in time, for claims of its own that outlast it, and names nobody who has opted out."""
    ends = post.began + CALL_SECONDS
    claims = [fields(item) for key, item in world.items.items() if key[1] in post.numbers and "owner" in fields(item)]
    held = [one for one in claims if one["status"] == "sending" and one["owner"].startswith(f"{worker}.")]
    if any(_is_early(world, scenario, number) for number in post.numbers):
        world.broken = "called before its time"
    elif any((OPT_OUTS, number) in world.items for number in post.numbers):
        world.broken = "called, although the number has opted out"
    elif len(held) < len(post.numbers):
        world.broken = "called without a claim"
    elif any(seconds(one["leaseUntil"]) < ends for one in held):
        world.broken = "called, although the lease may end before the call does"


def _is_early(world: World, scenario: Scenario, number: str) -> bool:
    """Return True if everything that asks for a message to this number is to be sent later."""
    sent = [one for one in world.messages[: len(scenario.sent)] if number in scenario.of(one.sent).numbers]
    return all(one.send_at is not None and world.now < one.send_at for one in sent)


def accepted(world: World, scenario: Scenario, number: str) -> None:
    """Check one more acceptance of a message to this number."""
    if world.truth[number].accepted > 1 and number not in _resendable(scenario):
        world.broken = "two messages on one handset"
    if any(key[1] == number and fields(item).get("status") in _NEVER_SENT for key, item in world.items.items()):
        world.broken = "accepted after it was said to have failed"
    if world.truth[number].answer == Answer.CANCELLED:
        world.broken = "accepted after it was answered to be cancelled"


def asked(before: World) -> World:
    """Return a copy in which somebody starts to cancel, so that earlier answers do not count any more."""
    world = before.copy()
    world.cancels -= 1
    world.truth = {number: truth._replace(answer="") for number, truth in world.truth.items()}
    return world


def answered(world: World, answers: Sequence[str]) -> None:
    """Check the canceller's answers: one for each recipient, and each true."""
    found = dict(answer.split() for answer in answers)
    if len(found) < len(answers) or found.keys() != world.truth.keys():
        world.broken = "a recipient has not exactly one answer"
    for (_, number), item in world.items.items():
        cancelled = fields(item).get("status") == Status.CANCELLED
        if number in found and cancelled != (found[number] == Answer.CANCELLED):
            world.broken = f"answered {found[number]}, but it is {fields(item)['status']}"
    if any(found.get(number) == Answer.CANCELLED and truth.accepted for number, truth in world.truth.items()):
        world.broken = "answered cancelled, but RealTime accepted it"
    world.truth = {number: truth._replace(answer=found.get(number, "")) for number, truth in world.truth.items()}


def buried(world: World, scenario: Scenario, sent: int) -> None:
    """Check that a request in conflict is sent to nobody, if one call takes all its recipients and nothing is wrong."""
    if _harmed(world, scenario) or len(scenario.of(sent).numbers) > scenario.recipients_per_call:
        return
    for key, content in contents(scenario, sent).items():
        item = fields(world.items.get(key, ()))
        if (item.get("contentHash"), item.get("status")) == (content, Status.SUBMITTED):
            world.broken = "rejected as a conflict, but sent"


def acknowledged(world: World, scenario: Scenario, message: Message) -> None:
    """Check that a message that leaves the queue is not needed any more."""
    if message.buried or _comes_back(world, message):
        return
    for key, content in contents(scenario, message.sent).items():
        item = world.items.get(key)
        if item is None or fields(item)["status"] not in FINAL:
            world.broken = "acknowledged, but a recipient is not final"
        elif fields(item)["contentHash"] != content:
            world.broken = "acknowledged, but other content was sent"


def _comes_back(world: World, message: Message) -> bool:
    """Return True if a schedule has a message, or brought it back and it is on the queue."""
    resting = any(schedule.sent == message.sent for _, schedule in world.schedules)
    return resting or any(not one.gone for one in world.messages[message.sent + 1 :] if one.brought_back)


def drained(world: World, scenario: Scenario) -> None:
    """Check the end of a history: nobody is at work and the queue is empty."""
    for message in world.messages:
        unused = message.gone and not message.receives  # a place for what no schedule brought back
        for key in () if message.buried or unused else contents(scenario, message.sent):
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
    if truth.answer == Answer.CANCELLED and status != Status.CANCELLED:
        return f"{status}, but it was answered to be cancelled"
    if scenario.cancels and status == Status.CANCELLED:
        return ""
    if not _harmed(world, scenario) and message.expires_at is None and status != wanted:
        return f"{status}, and nothing was wrong"
    return ""


def _harmed(world: World, scenario: Scenario) -> bool:
    return world.disturbed or world.left.faults != scenario.bounds.faults


@cache
def contents(scenario: Scenario, sent: int) -> dict[Key, str]:
    """Return the fingerprint of what each recipient of a message should get."""
    return {
        (message.request_id, number): message.content_hash
        for message in messages_of(scenario.of(sent).body())
        for number in message.recipients
    }


@cache
def _resendable(scenario: Scenario) -> frozenset[str]:
    return frozenset(number for sent in scenario.sent if sent.resend for number in sent.numbers)
