"""What runs: the stack itself, its table, the way from the queue to the function, breakers and alarms."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.item import iso
from realtime_sms.vocabulary import Reason
from rtsms.doctor.finding import Finding, bad, doubt, good
from rtsms.stack import Stack

_TO_DO = {
    Reason.NO_BALANCE: "top up",
    Reason.UNAUTHORIZED: "put working credentials, or a token, into their secret",
    Reason.FORBIDDEN: "ask RealTime's support why this account may not send",
}


def stack_status(stack: Stack) -> Iterator[Finding]:
    """Judge CloudFormation's word for the stack."""
    if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield good("stack", f"{stack.name}: {stack.status}")
    elif stack.status.endswith("_IN_PROGRESS"):
        yield doubt("stack", f"{stack.name}: {stack.status}", "look again when it is over")
    elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
        yield doubt("stack", "the last update failed; the version before it runs", "look at the events of the stack")
    else:
        yield bad("stack", f"{stack.name}: {stack.status}", "look at the events of the stack in CloudFormation")


def table(stack: Stack) -> Iterator[Finding]:
    """Look at the outcomes table."""
    status = stack.session.client("dynamodb").describe_table(TableName=stack.table)["Table"]["TableStatus"]
    if status in {"ACTIVE", "UPDATING"}:
        yield good("table", f"{stack.table}: {status}")
    else:
        yield bad("table", f"{stack.table}: {status}", "without it nothing is sent; look at it in DynamoDB")


def breakers(stack: Stack) -> Iterator[Finding]:
    """Name the breakers that are open."""
    opened = Breakers(stack.session.client("dynamodb"), stack.table).read()
    for one in opened:
        said = f"{one.breaker} is open since {iso(one.since)} ({one.reason}): no call goes out"
        yield bad("breakers", said, f"{_TO_DO.get(one.reason, 'remove the cause')}; it closes by itself")
    if not opened:
        yield good("breakers", "closed")


def event_source(stack: Stack) -> Iterator[Finding]:
    """Look at the mapping that hands messages to the send function, or to a version of it."""
    queue = stack.outputs["SendQueueArn"]
    mappings = stack.session.client("lambda").list_event_source_mappings(EventSourceArn=queue)["EventSourceMappings"]
    states = {mapping["State"] for mapping in mappings}
    if not states:
        yield bad("sending", "no event source hands messages to the send function", "deploy the template again")
    elif states == {"Enabled"}:
        yield good("sending", "messages are handed to the send function")
    elif states <= {"Disabled", "Disabling"}:
        to_do = "aws lambda update-event-source-mapping --enabled, unless it was stopped on purpose"
        yield bad("sending", "the event source mapping is disabled: messages stay in the queue", to_do)
    else:
        yield doubt("sending", f"the event source mapping is {', '.join(sorted(states))}", "look again in a minute")
    yield from _left_versions(stack, {mapping["FunctionArn"] for mapping in mappings})


def _left_versions(stack: Stack, used: AbstractSet[str]) -> Iterator[Finding]:
    """Count the versions that deployments with SnapStart left behind: Lambda keeps each one's snapshot, at a price."""
    name = stack.outputs["SendFunctionName"]
    published = stack.session.client("lambda").list_versions_by_function(FunctionName=name)["Versions"]
    left = [one["Version"] for one in published if one["Version"] != "$LATEST" and one["FunctionArn"] not in used]
    if left:
        said = f"kept, and paid for, is what no message is handed to any more: version {', '.join(left)}"
        yield doubt("sending", said, "delete what is older than some minutes (docs/deploy.md, SnapStart)")


def alarms(stack: Stack) -> Iterator[Finding]:
    """Give the state of the alarms that the stack has."""
    resources = stack.session.client("cloudformation").describe_stack_resources(StackName=stack.name)["StackResources"]
    names = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::CloudWatch::Alarm"]
    if not names:
        yield doubt("alarms", "the stack has none", "deploy the latest template")
        return
    found = stack.session.client("cloudwatch").describe_alarms(AlarmNames=names, MaxRecords=100)["MetricAlarms"]
    for alarm in found:
        if alarm["StateValue"] == "ALARM":
            yield bad("alarms", f"{alarm['AlarmName']} is in ALARM", alarm.get("AlarmDescription", "see docs/"))
    quiet = [alarm for alarm in found if alarm["StateValue"] != "ALARM"]
    if quiet:
        yield good("alarms", f"{len(quiet)} of {len(found)} are quiet")
