"""What each function's role grants, against what the function does with it on the deployed stack."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import urllib3
import yaml

from local.transformed_template import transformed
from realtime_sms.aws.breakers import Breaker
from realtime_sms.aws.requests import Addressed, Entry, Requests
from realtime_sms.aws.table import UNMATCHED_REPORTS, Table
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import Reason, Status
from tests.stack.deployment import Deployment, left_behind, request_body, until
from tests.stack.signing import Caller, api_url, user
from tests.template.rendered import rendered

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

FUNCTIONS = ("Announce", "Api", "Callbacks", "Maintenance", "Refresh", "Send")

# Done by Lambda itself in the role's name: logs for every function, and the poller of the event source mapping, of
# which the AWS documentation says what it needs (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Process
# DynamoDB records with Lambda").
BY_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents"}
BY_POLLER = {
    "Send": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "Announce": {
        *(f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")),
        "sqs:SendMessage",  # where it gives up
    },
}

SCHEDULES = "schedule/${ScheduleGroup}/*"  # named for request ids
BY_SCHEDULER = {"iam:PassRole"}  # asked of whoever makes a schedule; MiniStack does not check it

# MiniStack records the calls of Scheduler and those about one event source mapping by their methods alone
MAPPINGS = {"GET.lambda": "GetEventSourceMapping", "PUT.lambda": "UpdateEventSourceMapping"}
SCHEDULER = {"POST.scheduler": "CreateSchedule", "GET.scheduler": "GetSchedule", "DELETE.scheduler": "DeleteSchedule"}

# Where IAM's name for an action is not that of the operation
OPERATIONS = {
    "ChangeMessageVisibility": ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    "InvokeFunction": ("Invoke",),
    **{name: (method,) for method, name in (SCHEDULER | MAPPINGS).items()},
    **{f"PartiQL{verb}": ("BatchExecuteStatement",) for verb in ("Delete", "Insert", "Select", "Update")},
}
ACTIONS = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "Invoke": "InvokeFunction",
    **SCHEDULER,
    **MAPPINGS,
}


@cache
def _resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(transformed())["Resources"]
    return found


def _statements(role: str) -> Iterator[dict[str, Any]]:
    """Return what the role grants with the stack's own parameters."""
    for policy in rendered()[f"{role}Role"]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _granted(role: str) -> set[str]:
    return {action for statement in _statements(role) for action in _listed(statement["Action"])}


@pytest.fixture(scope="module")
def used(deployed: Deployment) -> Mapping[str, set[str]]:
    """Let every function do all it can, and return the granted actions that each used.

    IAM refuses all other actions, so only granted ones are looked for.
    """
    url = f"{deployed.stack.aws.endpoint_url}/_ministack/config"
    recording = json.dumps({"cloudtrail._recording_enabled": "true"}).encode()
    assert urllib3.request("POST", url, body=recording, retries=False).status == 200
    deployed.forget_breakers()
    deployed.restart_sender()
    _send(deployed)
    _maintain(deployed)
    deployed.forget_breakers()
    _call_the_api(deployed)
    _call_back(deployed)
    return {name: set(_used(deployed, name)) for name in FUNCTIONS}


def _used(deployed: Deployment, function: str) -> Iterator[str]:
    key = _access_key(deployed, function)
    for action in _granted(function):
        service, _, name = action.partition(":")
        for operation in OPERATIONS.get(name, (name,)):
            yield from _seen(deployed, key, service, operation)


def _seen(deployed: Deployment, key: str, service: str, operation: str) -> Iterator[str]:
    """Return the IAM actions of the last calls of one operation with an access key.

    MiniStack shows only the last 50 events, so each operation is looked up by itself.
    """
    wanted = {"AccessKeyId": key, "EventName": operation, "EventSource": f"{service}.amazonaws.com"}
    attributes: Any = [{"AttributeKey": name, "AttributeValue": value} for name, value in wanted.items()]
    for event in deployed.session.client("cloudtrail").lookup_events(LookupAttributes=attributes)["Events"]:
        yield from _actions(event)


def _send(deployed: Deployment) -> None:
    """Send to two, schedule one twice, reject one, meet a dead token, and run out of balance."""
    request_id = deployed.new_id("roles")
    deployed.publish(request_body(request_id, "+56927000001", "+56927000002"))
    deployed.outcomes(request_id, 2)
    later = {"sendAt": iso(time.time() + 86_400)}
    deployed.publish(*[request_body(f"{request_id}.later", "+56927000005", **later)] * 2)
    deployed.settle()
    (rejected,) = deployed.publish("{")
    deployed.note(rejected)
    deployed.revoke_tokens()
    deployed.publish(request_body(f"{request_id}.revoked", "+56927000003"))
    deployed.outcome(f"{request_id}.revoked")
    deployed.simulator("POST", "outcomes", {"+56927000004": "account_no_balance_first_1"})
    deployed.publish(request_body(f"{request_id}.waiting", "+56927000004"))
    awaited = "a message that waits for balance"
    until(
        lambda: deployed.status(f"{request_id}.waiting", "+56927000004") == "waiting" or None,
        within=40,
        awaited=awaited,
    )


def _maintain(deployed: Deployment) -> None:
    """Meet a dead token, end a lease, end two dead letters, a valid and an invalid one, and close the breaker."""
    request_id = deployed.new_id("roles")
    deployed.revoke_tokens()
    deployed.open_breaker(Breaker.AUTH)
    past = time.time() - 1
    deployed.plant(replace(left_behind(request_id, "+56927100001", Status.SENDING), lease_until=past))
    (buried, rejected) = deployed.put_dead(request_body(None, "+56927100002"), "{")
    deployed.invoke("MaintenanceFunctionName")
    deployed.outcome(request_id)
    deployed.outcome(buried, within=70)
    deployed.note(rejected, within=70)

    def closed() -> bool | None:  # once the renewal that the run before asked for is done
        deployed.invoke("MaintenanceFunctionName")
        return "since" not in deployed.items("#breaker")["balance"] or None

    until(closed, within=70, awaited="a closed breaker")


def _call_the_api(deployed: Deployment) -> None:
    caller = user(deployed.stack, "*")
    posted = caller.call("POST", "/messages", {"recipients": ["+56927200001"], "message": {"text": "hello"}})
    assert posted.status == 202
    outcome = deployed.outcome(posted.body["requestId"], within=60)
    assert caller.call("GET", f"/messages/{posted.body['requestId']}").status == 200
    assert caller.call("GET", f"/submissions/{outcome['submissionId']}").status == 200
    _cancel(deployed, caller)
    for method in ("PUT", "GET", "DELETE"):
        assert caller.call(method, "/opt-outs/%2B56927200002").status == 200


def _cancel(deployed: Deployment, caller: Caller) -> None:
    """Cancel one who waits for a schedule's time, and one whose message nobody has received."""
    request_id = deployed.new_id("roles")
    waiting = left_behind(request_id, "+56927200003", Status.WAITING)
    deployed.plant(replace(waiting, reason=Reason.SCHEDULED, due_at=time.time() + 86_400))
    entry = Entry(
        request_id=request_id,
        content_hash="none",
        groups=(Addressed(0, 1, ("+56927200003", "+56927200004")),),
        created_at=time.time(),
    )
    Requests(Table(deployed.dynamodb, deployed.outputs["OutcomesTableName"], ttl_days=45)).create(entry)
    assert caller.call("DELETE", f"/messages/{request_id}").body["cancelled"] == 2


def _call_back(deployed: Deployment) -> None:
    """Report on a submission before and after it is there, opt out and in, and let maintenance look at the former."""
    name = deployed.outputs["CallbacksFunctionName"]
    deployed.functions.update_function_configuration(FunctionName=name, Timeout=28)  # so that the key is read
    secret = deployed.secrets.get_secret_value(SecretId=deployed.outputs["CallbackKeySecretArn"])
    nobody, path = Caller(api_url(deployed.stack)), f"/callbacks/{secret['SecretString']}"
    number, request_id = "+56927300001", deployed.new_id("roles")
    report = {"id": request_id, "phone": number.removeprefix("+"), "status": 1}
    assert nobody.call("POST", f"{path}/reports", report).status == 200
    for word in ("STOP", "ALTA"):
        assert nobody.call("POST", f"{path}/inbound", {"phone": report["phone"], "message": word}).status == 200
    submitted = left_behind(request_id, number, Status.SUBMITTED)
    deployed.plant(replace(submitted, submission_id=request_id, ask_at=time.time() - 1))
    deployed.table.update_item(
        Key={"requestId": UNMATCHED_REPORTS, "recipient": request_id},
        UpdateExpression="SET openUntil = :due",
        ExpressionAttributeValues={":due": iso(time.time() - 1)},
    )
    deployed.invoke("MaintenanceFunctionName")
    assert deployed.items(request_id)[number]["delivery"] == "delivered"


def _access_key(deployed: Deployment, function: str) -> str:
    """Return the access key that MiniStack derives for a function's role."""
    name = deployed.outputs[f"{function}FunctionName"]
    configuration = deployed.functions.get_function_configuration(FunctionName=name)
    digest = hashlib.sha256(f"{configuration['FunctionArn']}:{configuration['Role']}".encode()).hexdigest()
    return f"ASIA{digest[:16].upper()}"


def _actions(event: Any) -> Iterator[str]:  # noqa: ANN401 (as boto3 gives it)
    """Yield the IAM actions of one call: its operation, or IAM's name for it."""
    told = json.loads(event["CloudTrailEvent"])
    name, namespace = event["EventName"], told["eventSource"].split(".")[0]
    if name == "BatchExecuteStatement":
        for statement in told["requestParameters"]["Statements"]:
            yield f"{namespace}:PartiQL{statement['Statement'].split()[0].capitalize()}"
    else:
        yield f"{namespace}:{ACTIONS.get(name, name)}"


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_role_grants_what_its_function_uses_and_nothing_else(used: Mapping[str, set[str]], role: str) -> None:
    """The granted actions are the used ones, and those that Lambda needs to log and to poll."""
    by_lambda = BY_LAMBDA | BY_POLLER.get(role, set())
    assert _granted(role) - by_lambda - BY_SCHEDULER == used[role] - by_lambda


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_role_names_exact_actions_and_resources(role: str) -> None:
    """Neither has a wildcard, but for the schedules of our group; no managed policy, and only Lambda assumes it."""
    told = _resources()[f"{role}Role"]["Properties"]
    assert "ManagedPolicyArns" not in told
    assert {json.dumps(one["Principal"]) for one in told["AssumeRolePolicyDocument"]["Statement"]} == {
        '{"Service": "lambda.amazonaws.com"}'
    }
    for statement in _statements(role):
        assert statement["Effect"] == "Allow"
        if statement["Action"] != "dynamodb:ListStreams":  # has no resources (Service Authorization Reference)
            named = json.dumps([statement["Action"], statement["Resource"]]).replace(SCHEDULES, "")
            assert "*" not in named
        assert not {"NotAction", "NotResource"} & set(statement)


def test_every_function_has_a_role_of_its_own_and_there_are_no_others() -> None:
    """SAM makes none by itself. One more is Scheduler's."""
    roles = {name for name, one in _resources().items() if one["Type"] == "AWS::IAM::Role"}
    policies = {
        name for name, one in _resources().items() if one["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
    }
    taken = {
        one["Properties"]["Role"]["Fn::GetAtt"][0]
        for one in _resources().values()
        if one["Type"] == "AWS::Lambda::Function"
    }
    assert roles - {"ScheduleRole"} == taken == {f"{name}Role" for name in FUNCTIONS}
    assert policies == set()


def test_scheduler_takes_its_role_for_our_schedules_alone_and_only_puts_messages_on_queues() -> None:
    """Anybody's schedule could take it otherwise."""
    told = _resources()["ScheduleRole"]["Properties"]
    (trusted,) = told["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]}},
    }
    assert _granted("Schedule") == {"sqs:SendMessage"}
    passed = next(one for one in _statements("Send") if one["Action"] == "iam:PassRole")
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    assert passed["Resource"] == "<ScheduleRole.Arn>"


def test_credentials_are_read_by_the_refresh_function_alone() -> None:
    """No other role names the credentials' secret."""
    named = {role for role in FUNCTIONS if "CredentialsSecret" in json.dumps(list(_statements(role)))}
    assert named == {"Refresh"}
