"""Acceptance in an account, as far as the embedded AWS can stand for one: it asks, refuses, and leaves nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local import ROOT
from local.embedded_aws import ACCOUNT, REGION, EmbeddedAws
from tests.acceptance.account import TAG, Account, find, own_name
from tests.acceptance.deploying import NotOursError, _make_bucket, deploy, refuse_unless_ours, remove, runs
from tests.cli.fakes import IMPORTS
from tests.stack.deployment import until

TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: %s-bus}}
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    """Yield the embedded AWS."""
    with EmbeddedAws() as aws:
        yield aws


@pytest.fixture
def account(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Return it as an account that credentials in the environment lead to."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return Account.of(REGION)


def _stack(account: Account, name: str, **tags: str) -> None:
    client: Any = account.session().client("cloudformation")
    told = [{"Key": key.replace("_", "-"), "Value": value} for key, value in tags.items()]
    client.create_stack(StackName=name, TemplateBody=TEMPLATE % name, Tags=told)
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "there are none"),
        ({"AWS_ACCESS_KEY_ID": "AKIAWRONG", "AWS_SECRET_ACCESS_KEY": "x"}, "AWS refuses these (InvalidClientTokenId)"),
        ({"AWS_PROFILE": "nobody"}, "these cannot be tried (ProfileNotFound)"),
    ],
    ids=["none", "refused", "no-profile"],
)
def test_without_credentials_that_hold_it_says_what_it_needs(
    aws: EmbeddedAws, variables: dict[str, str], why: str
) -> None:
    """Nothing is built or deployed before."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": IMPORTS, "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance", "--stack", "sms", "--region", REGION],
        cwd=ROOT,
        env={**clean, "HOME": os.devnull, "AWS_ENDPOINT_URL": aws.endpoint_url, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "needs credentials of an AWS account" in done.stderr
    assert why in done.stderr
    assert "make acceptance STACK=embedded" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_account_is_known_by_its_credentials(account: Account) -> None:
    """Tools that are started get the same."""
    assert (account.account, account.region) == (ACCOUNT, REGION)
    assert account.environment["AWS_ACCESS_KEY_ID"] == os.environ["AWS_ACCESS_KEY_ID"]
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in repr(account)


def test_a_stack_that_it_did_not_tag_is_refused_and_never_removed(account: Account) -> None:
    """Also when its name is that of a run."""
    _stack(account, "theirs", owner="somebody")
    with pytest.raises(NotOursError, match="theirs"):
        refuse_unless_ours(account.session(), "theirs")
    assert "theirs" not in runs(account.session())
    remove(account, "theirs")
    (stack,) = account.session().client("cloudformation").describe_stacks(StackName="theirs")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_everything_that_a_run_made_is_removed(account: Account) -> None:
    """Its stacks, the tables that those keep, and what the tests made beside them; nobody else's."""
    session = account.session()
    sqs, events = session.client("sqs"), session.client("events")
    dynamodb, storage = session.client("dynamodb"), session.client("s3")
    _stack(account, "ours", **{TAG: "ours"})
    before = set(dynamodb.list_tables()["TableNames"])
    (table,) = [name for name in before if name.startswith("ours-")]
    events.put_rule(Name="subscriber", EventBusName="ours-bus", EventPattern='{"source": ["a"]}')
    events.put_rule(Name=own_name("ours", "orders"), EventPattern='{"source": ["a"]}')
    sqs.create_queue(QueueName=own_name("ours", "events-all"))
    others = {"ours-prod-SendQueue", own_name("ours-2", "events-all")}
    for name in others:
        sqs.create_queue(QueueName=name)
    bucket = f"rtsms-ours-{ACCOUNT}-{REGION}"
    _make_bucket(account, "ours")
    storage.put_object(Bucket=bucket, Key="code", Body=b"x")
    _make_bucket(account, "alone")
    assert runs(session, timedelta(hours=1)) == []
    assert runs(session) == ["alone", "ours"]
    assert [remove(account, run) for run in runs(session)] == [[], []]
    assert runs(session) == []
    assert set(dynamodb.list_tables()["TableNames"]) == before - {table}
    assert {url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]} == others
    assert not events.list_rules(NamePrefix=TAG)["Rules"]
    assert bucket not in [one["Name"] for one in storage.list_buckets()["Buckets"]]
    assert remove(account, "ours") == []


@pytest.mark.acceptance
def test_a_run_deploys_the_simulator_as_a_function_and_removes_it(account: Account) -> None:
    """Its control API answers an invocation; the stack itself has the simulator's address and its token."""
    stack = deploy(account, "trial")
    assert find(account, "trial") == stack
    assert stack.control("POST", "top-up", {"units": "1"}) == {"balance": "1000001.00"}
    assert stack.control("GET", "counters")["posts"] == 0
    with pytest.raises(ValueError, match="no such outcome"):
        stack.control("POST", "outcomes", {"+56912345678": "nothing"})
    assert (stack.count_queued(()), stack.is_sending()) == (0, False)
    (described,) = account.session().client("cloudformation").describe_stacks(StackName="trial")["Stacks"]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in described["Parameters"]}
    assert given["RealTimeBaseUrl"] == stack.realtime_url
    assert remove(account, "trial") == []
    assert not [name for name in account.session().client("dynamodb").list_tables()["TableNames"] if "trial" in name]


@pytest.mark.acceptance
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_removes_what_it_made(account: Account, number: signal.Signals) -> None:
    """It is stopped as soon as there is a stack."""
    command = [sys.executable, "-m", "tests.acceptance", "--stack", "stopped", "--region", REGION]
    environment = {**os.environ, "PYTHONPATH": IMPORTS}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        until(lambda: runs(account.session()) or None, within=120, awaited="a stack")
        process.send_signal(number)
        printed, _ = process.communicate(timeout=120)
    assert "Removing what the run stopped made" in printed
    assert process.returncode != 0
    assert runs(account.session()) == []
