"""What each function's role grants, against what the function does with it on the deployed stack."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, cached_property
from typing import Any

import pytest
import yaml

from local.embedded_aws import Decision
from local.embedded_aws.running import STACK_NAME
from local.transformed_template import transformed
from realtime_sms.aws.breakers import Breaker
from realtime_sms.aws.forgotten import MARKER
from realtime_sms.aws.requests import Addressed, Entry, Requests
from realtime_sms.aws.table import UNMATCHED_REPORTS, Table
from realtime_sms.outcomes.match import PATIENCE
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import Reason, Status
from tests.stack.deployment import Deployment, left_behind, request_body, until
from tests.stack.signing import Caller, api_url, user
from tests.template.iam.reference import actions
from tests.template.rendered import rendered
from tests.template.second_evaluator import Request, decisions

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

# What Lambda itself does in the name of a role that it polls a queue or a stream for.
# Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Process DynamoDB records with Lambda".
POLLING_A_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
POLLING_A_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
PASSING = "iam:PassRole"  # asked of whoever makes a schedule; MiniStack does not check it
SCHEDULES = "schedule/${ScheduleGroup}/*"  # named for request ids
PROMOTIONAL = {"messageType": "promotional", "campaign": "roles"}

type Calls = set[tuple[str, str]]  # action and resource


@cache
def _resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(transformed())["Resources"]
    return found


ROLES = sorted(
    {
        one["Properties"]["Role"]["Fn::GetAtt"][0]
        for one in _resources().values()
        if one["Type"] == "AWS::Lambda::Function"
    }
)


def _statements(role: str) -> Iterator[dict[str, Any]]:
    """Return what the role grants with the stack's own parameters."""
    for policy in rendered()[role]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Role:
    """A role as it is deployed, what was decided on its calls, and what AWS does in its name."""

    policies: list[Any]
    decisions: list[Decision]
    by_aws: Calls

    @cached_property
    def granted(self) -> Calls:
        """Every action with every resource that the role grants it on."""
        return {
            (action, resource)
            for policy in self.policies
            for statement in policy["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        }

    @cached_property
    def used(self) -> Calls:
        """The calls that were made and allowed, of which the schedules' are on the name that the role has for all."""
        made = {(one.action, one.resource) for one in self.decisions if one.decision == "Allow"}
        return {(action, self._named(resource)) for action, resource in made}

    def _named(self, resource: str) -> str:
        return next((one for _, one in self.granted if one != "*" and fnmatchcase(resource, one)), resource)

    def makes(self, action: str, resource: str) -> bool:
        """Return True if the call is made, or one like it is."""
        return (action, self._named(resource)) in self.used | self.by_aws


@pytest.fixture(scope="module")
def roles(deployed: Deployment) -> Mapping[str, Role]:
    """Return the roles, after every function has made each call that it can make."""
    deployed.forget_breakers()
    marker = {"requestId": MARKER[0], "recipient": MARKER[1]}  # so that the key of forgotten numbers is read
    deployed.table.put_item(Item=marker)
    deployed.restart_sender()
    _send(deployed)
    _maintain(deployed)
    deployed.forget_breakers()
    _call_the_api(deployed)
    _call_back(deployed)
    deployed.table.delete_item(Key=marker)
    return {role: _deployed_role(deployed, role) for role in ROLES}


def _deployed_role(deployed: Deployment, role: str) -> Role:
    iam, cloudformation = deployed.session.client("iam"), deployed.session.client("cloudformation")
    told = cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=role)
    name = told["StackResourceDetail"]["PhysicalResourceId"]
    policies: list[Any] = [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    decisions = [one for one in deployed.stack.aws.decisions() if one.principal.split("/")[1] == name]
    return Role(policies, decisions, {*_logged_or_passed(policies), *_polled(deployed, name)})


def _logged_or_passed(policies: list[Any]) -> Iterator[tuple[str, str]]:
    for statement in (one for policy in policies for one in policy["Statement"]):
        used = (LOGGING | {PASSING}) & {*_listed(statement["Action"])}
        yield from ((action, statement["Resource"]) for action in used)


def _polled(deployed: Deployment, role: str) -> Iterator[tuple[str, str]]:
    """Yield what Lambda does to poll the sources of the functions with a role."""
    for mapping in deployed.functions.list_event_source_mappings()["EventSourceMappings"]:
        function = deployed.functions.get_function_configuration(FunctionName=mapping["FunctionArn"])
        if not function["Role"].endswith(f"/{role}"):
            continue
        source = mapping["EventSourceArn"]
        actions = POLLING_A_QUEUE if ":sqs:" in source else POLLING_A_STREAM
        yield from ((action, source) for action in actions)
        if actions is POLLING_A_STREAM:
            yield "dynamodb:ListStreams", "*"
        if target := mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"):
            yield "sqs:SendMessage", target


def _send(deployed: Deployment) -> None:
    """Send to two, schedule one twice, reject one, meet a dead token, run out of balance, and move a message."""
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
    no_balance = dict.fromkeys(("+56927000004", "+56927000006"), "account_no_balance_first_1")
    deployed.simulator("POST", "outcomes", no_balance)
    deployed.publish(
        request_body(f"{request_id}.waiting", "+56927000004"),
        request_body(f"{request_id}.promotional", "+56927000006", **PROMOTIONAL),
    )
    until(
        lambda: deployed.status(f"{request_id}.waiting", "+56927000004") == "waiting" or None,
        within=40,
        awaited="a message that waits for balance",
    )
    lanes = {deployed.outputs[name] for name in ("SendQueueArn", "PromotionalQueueArn")}
    until(lambda: lanes <= _put_off(deployed) or None, within=40, awaited="a message of each lane that is put off")


def _put_off(deployed: Deployment) -> set[str]:
    """Return the queues of which messages were put off."""
    calls = deployed.stack.aws.decisions()
    return {one.resource for one in calls if one.action == "sqs:ChangeMessageVisibility" and one.decision == "Allow"}


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
    body = {"recipients": ["+56927200001"], "message": {"text": "hello"}}
    assert caller.call("POST", "/messages", {**body, **PROMOTIONAL}).status == 202
    posted = caller.call("POST", "/messages", body)
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
    """Opt out and in, and report on a submission before and after it is there, and on one that never is."""
    name = deployed.outputs["CallbacksFunctionName"]
    deployed.functions.update_function_configuration(FunctionName=name, Timeout=28)  # so that the key is read
    secret = deployed.secrets.get_secret_value(SecretId=deployed.outputs["CallbackKeySecretArn"])
    nobody, path = Caller(api_url(deployed.stack)), f"/callbacks/{secret['SecretString']}"
    number, request_id, never = "+56927300001", deployed.new_id("roles"), deployed.new_id("never")
    phone = number.removeprefix("+")
    for word in ("STOP", "ALTA"):
        assert nobody.call("POST", f"{path}/inbound", {"phone": phone, "message": word}).status == 200
    for reported in (request_id, never):
        assert nobody.call("POST", f"{path}/reports", {"id": reported, "phone": phone, "status": 1}).status == 200
        deployed.table.update_item(
            Key={"requestId": UNMATCHED_REPORTS, "recipient": reported},
            UpdateExpression="SET openUntil = :due, createdAt = :long_ago",
            ExpressionAttributeValues={":due": iso(time.time() - 1), ":long_ago": iso(time.time() - 2 * PATIENCE)},
        )
    submitted = left_behind(request_id, number, Status.SUBMITTED)
    deployed.plant(replace(submitted, submission_id=request_id, ask_at=time.time() - 1))
    deployed.invoke("MaintenanceFunctionName")
    assert deployed.items(request_id)[number]["delivery"] == "delivered"
    assert nobody.call("POST", f"{path}/reports", {"id": request_id, "phone": phone, "status": 1}).status == 200


@pytest.mark.parametrize("role", ROLES)
def test_a_role_grants_what_its_function_uses_and_nothing_else(roles: Mapping[str, Role], role: str) -> None:
    """The granted actions on their resources are the used ones, and those that Lambda needs to log and to poll."""
    told = roles[role]
    assert told.by_aws <= told.granted
    assert told.granted - told.by_aws == told.used - told.by_aws


def _request(role: Role, action: str, resource: str, partitions: list[str] | None = None) -> Request:
    context: dict[str, str | list[str]] = {"dynamodb:LeadingKeys": partitions} if partitions else {}
    if action == PASSING:
        context = {"iam:PassedToService": "scheduler.amazonaws.com"}
    return Request(action, resource, context, identityPolicies=role.policies)


def test_a_second_evaluator_decides_alike_on_every_call(roles: Mapping[str, Role]) -> None:
    """On the calls that the functions made in all tests of this folder, with the partitions that they named."""
    calls = [(name, one) for name, role in roles.items() for one in role.decisions]
    requests = [_request(roles[name], one.action, one.resource, one.partitions) for name, one in calls]
    found = decisions(requests)
    other = [(call, decision) for call, decision in zip(calls, found, strict=True) if decision != call[1].decision]
    assert other == []
    assert any(one.partitions for _, one in calls), "no conditions were decided on"


def test_the_second_evaluator_notices_a_missing_statement(roles: Mapping[str, Role]) -> None:
    """Without any one statement, it denies a call that the role makes."""
    asked: list[tuple[str, Request]] = []
    for name, role in roles.items():
        (policy,) = role.policies
        made = [one for one in role.decisions if one.decision == "Allow"]
        calls = [_request(role, one.action, one.resource, one.partitions) for one in made]
        calls += [_request(role, *call) for call in role.by_aws]
        for number in range(len(policy["Statement"])):
            left = {**policy, "Statement": policy["Statement"][:number] + policy["Statement"][number + 1 :]}
            asked += [(f"{name} {number}", replace(one, identityPolicies=[left])) for one in calls]
    found = decisions(request for _, request in asked)
    noticed = {without for (without, _), decision in zip(asked, found, strict=True) if decision == "ImplicitDeny"}
    assert noticed == {without for without, _ in asked}


def _possible(resources: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every action of AWS that can be allowed on one of these resources, or has none."""
    for service in {resource.split(":")[2] for resource in resources if resource != "*"}:
        for one in actions(f"{service}:*"):
            yield from ((one.name, resource) for resource in resources - {"*"} if one.formats and one.fits(resource))
            if not one.formats:
                yield one.name, "*"


def test_a_second_evaluator_denies_every_other_call(roles: Mapping[str, Role]) -> None:
    """All other actions that AWS has, on the resources that any function uses."""
    used = {one.resource for role in roles.values() for one in role.decisions}
    possible = set(_possible(used | {resource for role in roles.values() for _, resource in role.by_aws}))
    calls = [(name, *call) for name, role in roles.items() for call in possible if not role.makes(*call)]
    assert len(calls) > len(ROLES) * 100
    found = decisions(_request(roles[name], action, resource) for name, action, resource in calls)
    allowed = [(call, decision) for call, decision in zip(calls, found, strict=True) if decision != "ImplicitDeny"]
    assert allowed == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_names_exact_actions_and_resources(role: str) -> None:
    """Neither has a wildcard, but for the schedules of our group; no managed policy, and only Lambda assumes it."""
    told = _resources()[role]["Properties"]
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
    assert roles - {"ScheduleRole"} == taken == {*ROLES}
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
    assert {action for one in _statements("ScheduleRole") for action in _listed(one["Action"])} == {"sqs:SendMessage"}
    passed = next(one for one in _statements("SendRole") if one["Action"] == "iam:PassRole")
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    assert passed["Resource"] == "<ScheduleRole.Arn>"


def test_credentials_are_read_by_the_refresh_function_alone() -> None:
    """No other role names the credentials' secret."""
    named = {role for role in ROLES if "CredentialsSecret" in json.dumps(list(_statements(role)))}
    assert named == {"RefreshRole"}
