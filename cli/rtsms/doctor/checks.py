"""The checks of `rtsms doctor`, in the order in which one thing depends on another: see `CHECKS`."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from phonenumbers import country_code_for_region
from pydantic import ValidationError

from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.lanes import Lane, Lanes
from realtime_sms.aws.tokens import Credentials, TokenUnavailableError, read_token
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider import calls
from realtime_sms.provider.calls import NotSent, Reply, ReplyLost
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.vocabulary import Reason
from rtsms.doctor.findings import Finding, Level, bad, doubt, good
from rtsms.doctor.limits import check_daily_cap, past_holidays
from rtsms.lanes import QUEUES, lane_text
from rtsms.stack import QueueDepth, Stack

_MIN_RECEIVES = 100  # a message waits by becoming visible again, so a lower maxReceiveCount would end waiting messages
_LONG_WAIT = 900  # seconds
_AGE_WINDOW = timedelta(minutes=15)  # SQS reports the age every few minutes
_TIMEOUTS = 6  # AWS Lambda Developer Guide, "Using Lambda with Amazon SQS": visibility is at least so many timeouts
_REFRESH = "invoke the refresh function (docs/operations.md) and read its log"
_PUT_TOKEN = "put working credentials, or a token, into their secret (docs/operations.md)"  # noqa: S105 (not a secret)
_SET_ADDRESS = "set RealTimeBaseUrl to RealTime's address, and deploy"
_TO_CLOSE = {
    Reason.NO_BALANCE: "top up",
    Reason.UNAUTHORIZED: "put working credentials, or a token, into their secret",
    Reason.FORBIDDEN: "ask RealTime's support why this account may not send",
    Reason.WRONG_ADDRESS: _SET_ADDRESS,
}


def check_stack(stack: Stack) -> Iterator[Finding]:
    """Check CloudFormation's status of the stack, and parameters that can be wrong although each is well-formed."""
    said = f"{stack.name}: {stack.status}"
    if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield good("stack", said)
    elif stack.status.endswith("_IN_PROGRESS"):
        yield doubt("stack", said, "run the command again when that is done")
    elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
        yield doubt("stack", "the last update failed; the version before it runs", "look at the stack's events")
    else:
        yield bad("stack", said, "look at the stack's events in CloudFormation")
    yield from _doubtful_destinations(stack)
    yield from past_holidays(stack)


def _doubtful_destinations(stack: Stack) -> Iterator[Finding]:
    """Report an AllowedPrefixes that allows everything, or leaves the country of national numbers out."""
    region, allowed = stack.defaults.region, stack.defaults.allowed_prefixes
    national = f"+{country_code_for_region(region)}"
    if "+" in allowed:
        to_do = "set AllowedPrefixes to the countries that you send to: it limits what a stolen key can cost"
        yield doubt("stack", "messages go to the numbers of every country", to_do)
    elif not any(one.startswith(national) or national.startswith(one) for one in allowed):
        said = f"national numbers are read as {national}, which AllowedPrefixes ({', '.join(allowed)}) leaves out"
        yield doubt("stack", said, "change DefaultRegion or AllowedPrefixes")


def check_table(stack: Stack) -> Iterator[Finding]:
    """Check the outcomes table."""
    status = stack.session.client("dynamodb").describe_table(TableName=stack.table)["Table"]["TableStatus"]
    if status in {"ACTIVE", "UPDATING"}:
        yield good("table", f"{stack.table}: {status}")
    else:
        yield bad("table", f"{stack.table}: {status}", "nothing is sent without it; look at the table in DynamoDB")


def check_token(stack: Stack) -> Iterator[Finding]:
    """Check the token secret; no value of it is shown."""
    try:
        held = read_token(stack.session.client("secretsmanager"), stack.outputs["TokenSecretArn"])
    except TokenUnavailableError as error:
        yield bad("token", str(error), _PUT_TOKEN)
        return
    if held.expires_at is None:
        yield good("token", "well-formed; it does not say when it expires")
        return
    left = held.expires_at - time.time()
    if left <= 0:
        yield bad("token", f"it expired {-left / 60:.0f} min ago", _REFRESH)
    else:
        yield good("token", f"well-formed; it expires in {left / 60:.0f} min")


def check_credentials(stack: Stack) -> Iterator[Finding]:
    """Check the credentials secret, which may be empty if the deployment gets its tokens from elsewhere."""
    arn = stack.outputs["CredentialsSecretArn"]
    to_do = f'put {{"client_id": "…", "client_secret": "…"}} into {arn}, unless you put tokens there yourself'
    try:
        reply = stack.session.client("secretsmanager").get_secret_value(SecretId=arn)
        Credentials.model_validate_json(reply.get("SecretString", ""))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield doubt("credentials", "there are none, so the token is not refreshed", to_do)
    except ValidationError:
        yield bad("credentials", "they are not well-formed, so the token is not refreshed", to_do)
    else:
        yield good("credentials", "well-formed")


def check_realtime(stack: Stack) -> Iterator[Finding]:
    """Ask RealTime for the balance, with the token, from this machine."""
    url = stack.parameters["RealTimeBaseUrl"]
    try:
        held = read_token(stack.session.client("secretsmanager"), stack.outputs["TokenSecretArn"])
    except TokenUnavailableError:
        yield doubt("RealTime", "could not be checked without a token", _PUT_TOKEN)
        return
    client = RealTimeClient(url, deadline=float(stack.parameters["CallTimeoutSeconds"]))
    try:
        yield judge_balance_call(client.perform(calls.balance(held.access_token)), url)
    finally:
        client.close()


def judge_balance_call(result: calls.CallResult, url: str) -> Finding:  # noqa: PLR0911 (one return a row)
    """Judge RealTime's reply to *Get balance*."""
    match result:
        case Reply(status=200):
            balance = calls.balance_of(result)
            if balance > 0:
                return good("RealTime", f"accepts the token; the balance is {balance}")
            return bad(
                "RealTime", f"accepts the token; the balance is {balance}", "top up; sending then continues by itself"
            )
        case Reply(status=400 | 401):
            return bad("RealTime", f"refuses the token ({result.status})", f"{_REFRESH}; or {_PUT_TOKEN}")
        case Reply(status=403):
            return bad("RealTime", "does not allow this account to call it (403)", "ask RealTime's support")
        case Reply(status=404 | 405):
            return bad("RealTime", f"is not at {url}: it answers {result.status}", _SET_ADDRESS)
        case Reply():
            return doubt("RealTime", f"answers {result.status}", "run the command again in some minutes")
        case NotSent() | ReplyLost():
            return doubt("RealTime", f"cannot be reached at {url} from here: {result.cause}", "check the network")


def check_breakers(stack: Stack) -> Iterator[Finding]:
    """List the open breakers."""
    opened = Breakers(stack.store()).read()
    for one in opened:
        said = f"{one.breaker} is open since {iso(one.since)} ({one.reason}): no calls are made"
        yield bad("breakers", said, f"{_TO_CLOSE.get(one.reason, 'remove the cause')}; the breaker closes by itself")
    if not opened:
        yield good("breakers", "closed")


def check_event_sources(stack: Stack) -> Iterator[Finding]:
    """Check the mappings that pass messages to the send function, or to a version of it, lane by lane."""
    functions: set[str] = set()
    for lane in Lanes(stack.store()).read():
        queue = stack.outputs[f"{QUEUES[lane.lane]}Arn"]
        found = stack.session.client("lambda").list_event_source_mappings(EventSourceArn=queue)["EventSourceMappings"]
        yield judge_lane(lane, {mapping["State"] for mapping in found})
        functions |= {mapping["FunctionArn"] for mapping in found}
    yield from _unused_versions(stack, functions)


def judge_lane(lane: Lane, states: AbstractSet[str]) -> Finding:
    """Judge a lane by the states of its event source mappings, and by what keeps it closed."""
    if not states:
        said = f"no event source passes {lane.lane} messages to the send function"
        return bad("sending", said, "deploy the template again")
    if lane.why or lane.paused_since is not None:
        if lane.why == (Reason.OUTSIDE_HOURS,) and lane.paused_since is None:
            return good("sending", lane_text(lane))
        to_do = (
            f"rtsms resume --lane {lane.lane}" if lane.paused_since is not None else "remove the cause; it opens then"
        )
        return doubt("sending", lane_text(lane), to_do)
    if states == {"Enabled"}:
        return good("sending", f"{lane.lane} messages are passed to the send function")
    said = f"the event source mapping of {lane.lane} messages is {', '.join(sorted(states))}"
    if states <= {"Disabled", "Disabling"}:
        return bad("sending", said, "the maintenance function enables it within a minute; if not, read its log")
    return doubt("sending", said, "run the command again in a minute")


def _unused_versions(stack: Stack, used: AbstractSet[str]) -> Iterator[Finding]:
    """List the versions left behind by deployments with SnapStart; Lambda charges for the snapshot of each."""
    name = stack.outputs["SendFunctionName"]
    published = stack.session.client("lambda").list_versions_by_function(FunctionName=name)["Versions"]
    unused = [one["Version"] for one in published if one["Version"] != "$LATEST" and one["FunctionArn"] not in used]
    if unused:
        said = f"Lambda keeps, and charges for, a snapshot that is no longer used: version {', '.join(unused)}"
        yield doubt("sending", said, "delete versions that are some minutes old (docs/deploy.md, SnapStart)")


def check_send_queue(stack: Stack) -> Iterator[Finding]:
    """Check the settings of the send queue, who may use it, and how long messages wait in it.

    Of the promotional queue, only problems and the depth are reported: messages may wait there for a night.
    """
    attributes = stack.queue_attributes("SendQueueUrl")
    function = stack.session.client("lambda").get_function_configuration(FunctionName=stack.outputs["SendFunctionName"])
    dead_letters, timeout = stack.outputs["DeadLetterQueueUrl"], int(function["Timeout"])
    promotional = stack.queue_attributes("PromotionalQueueUrl")
    both = (attributes, promotional)
    yield _worst([judge_queue_settings(one, dead_letters, timeout) for one in both])
    yield _worst([judge_queue_policy(json.loads(one.get("Policy") or "{}")) for one in both])
    yield judge_waiting(QueueDepth.from_attributes(attributes), _oldest_age(stack))
    yield good("promotional queue", str(QueueDepth.from_attributes(promotional)))


def _worst(found: Sequence[Finding]) -> Finding:
    return next((one for one in found if one.level is not Level.GOOD), found[0])


def judge_queue_settings(attributes: Mapping[Any, str], dead_letter_url: str, timeout: int) -> Finding:
    """Judge the queue's redrive policy and visibility timeout; `timeout` is the send function's, in seconds."""
    check, deploy = "queue settings", "deploy the template again"
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    if redrive.get("deadLetterTargetArn", "").rpartition(":")[2] != dead_letter_url.rpartition("/")[2]:
        return bad(check, "its dead letters do not go to the stack's dead-letter queue", deploy)
    receives = int(redrive.get("maxReceiveCount", 0))
    if receives < _MIN_RECEIVES:
        return bad(check, f"a message becomes a dead letter after {receives} receives, even if it only waits", deploy)
    visibility = int(attributes["VisibilityTimeout"])
    if visibility < _TIMEOUTS * timeout:
        said = f"the visibility timeout is {visibility} s, less than 6 times the function's timeout of {timeout} s"
        return bad(check, said, deploy)
    said = f"dead letter after {receives} receives; visibility timeout {visibility} s, at least 6 times the function's"
    return good(check, said)


def judge_queue_policy(document: Mapping[str, Any]) -> Finding:
    """Judge who may use the queue."""
    for statement in document.get("Statement", []):
        anybody = statement.get("Principal") in ("*", {"AWS": "*"})
        if statement.get("Effect") == "Allow" and anybody and not statement.get("Condition"):
            to_do = "name who may publish, with the Publisher parameters"
            return bad("queue policy", "anybody may use the queue", to_do)
    return good("queue policy", "names who may publish" if document else "none: this account's IAM decides")


def judge_waiting(depth: QueueDepth, age: float | None) -> Finding:
    """Judge how long messages wait; `age` is that of the oldest one in seconds, None if unknown."""
    said = str(depth) if age is None else f"{depth}; the oldest is {age:.0f} s old"
    if age is not None and age > _LONG_WAIT:
        to_do = "run rtsms watch: an open breaker, throttling or too few concurrent functions delay them"
        return doubt("send queue", said, to_do)
    return good("send queue", said)


def _oldest_age(stack: Stack) -> float | None:
    """Return the age of the oldest message of the send queue in seconds, None if CloudWatch has no data."""
    now = datetime.now(UTC)
    reply = stack.session.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": stack.outputs["SendQueueUrl"].rpartition("/")[2]}],
        StartTime=now - _AGE_WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    latest = max(reply["Datapoints"], key=lambda point: point["Timestamp"], default=None)
    return None if latest is None else latest["Maximum"]


def check_dead_letters(stack: Stack) -> Iterator[Finding]:
    """Count the dead letters."""
    if count := stack.queue_depth("DeadLetterQueueUrl").total:
        to_do = "docs/operations.md explains each reason; rtsms redrive --reason … sends them back"
        yield doubt("dead letters", f"{count} in the dead-letter queue", to_do)
    else:
        yield good("dead letters", "none")


def check_alarms(stack: Stack) -> Iterator[Finding]:
    """Check the alarms of the stack."""
    resources = stack.session.client("cloudformation").describe_stack_resources(StackName=stack.name)["StackResources"]
    names = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::CloudWatch::Alarm"]
    if not names:
        yield doubt("alarms", "the stack has none", "deploy the latest template")
        return
    found = stack.session.client("cloudwatch").describe_alarms(AlarmNames=names, MaxRecords=100)["MetricAlarms"]
    loud = [alarm for alarm in found if alarm["StateValue"] == "ALARM"]
    for alarm in loud:
        yield bad("alarms", f"{alarm['AlarmName']} is in ALARM", alarm.get("AlarmDescription", "see docs/"))
    if len(loud) < len(found):
        yield good("alarms", f"{len(found) - len(loud)} of {len(found)} are quiet")


CHECKS: tuple[tuple[str, Callable[[Stack], Iterable[Finding]]], ...] = (
    ("stack", check_stack),
    ("table", check_table),
    ("token", check_token),
    ("credentials", check_credentials),
    ("RealTime", check_realtime),
    ("breakers", check_breakers),
    ("sending", check_event_sources),
    ("daily cap", check_daily_cap),
    ("send queue", check_send_queue),
    ("dead letters", check_dead_letters),
    ("alarms", check_alarms),
)
