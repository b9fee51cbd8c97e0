"""What acceptance makes in an account, all under its tag, and how all of it is removed again."""

import contextlib
import importlib.util
import json
import secrets
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local import ROOT, SCRATCH
from local.embedded_aws import ALLOWED_PREFIXES
from local.embedded_aws.sam import architecture, build, quoted, sam
from tests.acceptance.account import TAG, Account, AccountStack, find, outputs, own_name, publishers

_BUCKET = "rtsms-"  # how buckets begin that hold a run's code
_WAIT: Any = {"Delay": 5, "MaxAttempts": 240}


class NotOursError(RuntimeError):
    """A stack of this name exists, and acceptance did not make it."""


def deploy(account: Account, name: str) -> AccountStack:
    """Deploy the simulator and the stack under the tag, and store a token; raise SamError or NotOursError."""
    session = account.session()
    for one in (name, f"{name}-simulator"):
        refuse_unless_ours(session, one)
    bucket = _make_bucket(account, name)
    token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    settings = {"tokens": [token], "clientId": "acceptance", "clientSecret": secret}
    simulator = f"{name}-simulator"
    _deploy(account, simulator, _build_simulator(), bucket, name, {"Settings": json.dumps(settings)})
    url = outputs(session, simulator)["Url"].rstrip("/")
    values = {"RealTimeBaseUrl": url, "AllowedPrefixes": f"{ALLOWED_PREFIXES},+49", "DefaultSender": "96000"}
    values |= {"OptInWords": "ALTA", **publishers(account.account, account.region, name)}
    _deploy(account, name, build(), bucket, name, values)
    stack = find(account, name)
    client = session.client("secretsmanager")
    credentials = {"client_id": settings["clientId"], "client_secret": secret}
    client.put_secret_value(SecretId=stack.outputs["CredentialsSecretArn"], SecretString=json.dumps(credentials))
    client.put_secret_value(SecretId=stack.outputs["TokenSecretArn"], SecretString=json.dumps({"access_token": token}))
    return stack


def refuse_unless_ours(session: boto3.Session, name: str) -> None:
    """Raise NotOursError if there is a stack of this name without the tag."""
    for stack in _stacks(session):
        if stack["StackName"] == name and _run_of(stack) is None:
            raise NotOursError(f"the stack {name} exists, and acceptance did not make it: choose another name")


def runs(session: boto3.Session, older_than: timedelta = timedelta(0)) -> list[str]:
    """Return the names of the runs that left stacks or a bucket behind, all of them made so long ago."""
    ages: dict[str, datetime] = {}
    made = [(_run_of(stack), stack["CreationTime"]) for stack in _stacks(session)]
    for run, at in [*made, *_buckets(session)]:
        if run is not None:
            ages[run] = max(at, ages.get(run, at))
    return sorted(run for run, made in ages.items() if datetime.now(UTC) - made >= older_than)


def remove(account: Account, run: str) -> list[str]:
    """Remove everything that a run made; return what could not be removed, and why."""
    session, left = account.session(), list[str]()

    def attempt(what: str, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 (the rest is removed all the same, and this is reported)
            left.append(f"{what}: {error}")

    tables: list[str] = []
    functions: list[str] = []
    for name in [str(one["StackName"]) for one in _stacks(session) if _run_of(one) == run]:
        attempt(f"what keeps stack {name}", partial(_loosen, session, name, tables, functions))
        attempt(f"stack {name}", partial(_delete_stack, session, name))
    for table in tables:
        attempt(f"table {table}", partial(_delete_table, session, table))
    for function in functions:
        attempt(f"the log of {function}", partial(_delete_log, session, f"/aws/lambda/{function}"))
    for what, action in _leftovers(account, run):
        attempt(what, action)
    return left


def _stacks(session: boto3.Session) -> list[Any]:
    pages = session.client("cloudformation").get_paginator("describe_stacks").paginate()
    return [stack for page in pages for stack in page["Stacks"] if stack["StackStatus"] != "DELETE_COMPLETE"]


def _buckets(session: boto3.Session) -> Iterator[tuple[str | None, datetime]]:
    """Yield the run and the time of each bucket in this region that is named as ours and has the tag."""
    storage = session.client("s3")
    for bucket in storage.list_buckets()["Buckets"]:
        name = bucket["Name"]
        if name.startswith(_BUCKET) and name.endswith(session.region_name):
            with contextlib.suppress(ClientError):  # it has no tags
                tags = storage.get_bucket_tagging(Bucket=name)["TagSet"]
                yield _run_of({"Tags": tags}), bucket["CreationDate"]


def _run_of(stack: Any) -> str | None:  # noqa: ANN401 (as boto3 gives it)
    return next((str(tag["Value"]) for tag in stack.get("Tags", []) if tag["Key"] == TAG), None)


def _loosen(session: boto3.Session, name: str, tables: list[str], functions: list[str]) -> None:
    """Let a stack be deleted: unprotect its tables, and take the rules off its bus; note what may stay behind."""
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    by_type: dict[str, list[str]] = defaultdict(list)
    for one in [summary for page in pages for summary in page["StackResourceSummaries"]]:
        by_type[one["ResourceType"]].append(one.get("PhysicalResourceId", ""))
    functions += by_type["AWS::Lambda::Function"]
    for table in filter(None, by_type["AWS::DynamoDB::Table"]):
        session.client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=False)
        tables.append(table)
    for bus in filter(None, by_type["AWS::Events::EventBus"]):
        for rule in session.client("events").list_rules(EventBusName=bus)["Rules"]:
            _delete_rule(session, rule["Name"], bus)


def _delete_table(session: boto3.Session, name: str) -> None:
    """Delete a table that its stack kept, if there still is one."""
    client = session.client("dynamodb")
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName=name)


def _delete_log(session: boto3.Session, name: str) -> None:
    """Delete a log group that Lambda made by itself, if there is one."""
    client = session.client("logs")
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.delete_log_group(logGroupName=name)


def _delete_rule(session: boto3.Session, rule: str, bus: str) -> None:
    events = session.client("events")
    targets = [one["Id"] for one in events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]]
    if targets:
        events.remove_targets(Rule=rule, EventBusName=bus, Ids=targets)
    events.delete_rule(Name=rule, EventBusName=bus)


def _delete_stack(session: boto3.Session, name: str) -> None:
    cloudformation = session.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=_WAIT)


def _leftovers(account: Account, run: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what is in no stack, each with how it is removed; `own_name` says how it is named."""
    session = account.session()
    sqs, sns, own = session.client("sqs"), session.client("sns"), own_name(run, "")
    for url in sqs.list_queues(QueueNamePrefix=own).get("QueueUrls", []):
        yield f"queue {url}", partial(sqs.delete_queue, QueueUrl=url)
    for topics in sns.get_paginator("list_topics").paginate():
        for arn in [one["TopicArn"] for one in topics["Topics"]]:
            if arn.rpartition(":")[2].startswith(own):
                yield f"topic {arn}", partial(sns.delete_topic, TopicArn=arn)
    for rule in session.client("events").list_rules(NamePrefix=own)["Rules"]:
        yield f"rule {rule['Name']}", partial(_delete_rule, session, rule["Name"], "default")
    yield "the bucket", partial(_delete_bucket, session, _bucket(account, run))


# ---- building and deploying


def _bucket(account: Account, run: str) -> str:
    return f"{_BUCKET}{run}-{account.account}-{account.region}"


def _make_bucket(account: Account, run: str) -> str:
    storage, name = account.session().client("s3"), _bucket(account, run)
    place: Any = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    with contextlib.suppress(storage.exceptions.BucketAlreadyOwnedByYou):
        storage.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    storage.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": TAG, "Value": run}]})
    return name


def _delete_bucket(session: boto3.Session, name: str) -> None:
    storage = session.client("s3")
    try:
        for page in storage.get_paginator("list_objects_v2").paginate(Bucket=name):
            for one in page.get("Contents", []):
                storage.delete_object(Bucket=name, Key=one["Key"])
        storage.delete_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _deploy(account: Account, stack: str, template: Path, bucket: str, run: str, values: dict[str, str]) -> None:  # noqa: PLR0913, PLR0917 (what a deployment needs)
    options = {"--template-file": template, "--stack-name": stack, "--s3-bucket": bucket}
    options |= {"--capabilities": "CAPABILITY_IAM", "--tags": f"{TAG}={run}"}
    given = {"Architecture": architecture(), **values}
    overrides = ["--parameter-overrides", *(f"{name}={quoted(text)}" for name, text in given.items())]
    flags = ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar", *overrides]
    sam("deploy", flags, options, account.environment)


def _build_simulator() -> Path:
    """Lay the simulator's code and its layer out as its template names them, and build them; return the template."""
    source, built = SCRATCH / "acceptance" / "source", SCRATCH / "acceptance" / "built"
    shutil.rmtree(source, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("__init__.py", "guard.py", "listening.py"):
        (source / "code" / "local").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "local" / name, source / "code" / "local")
    shutil.copytree(ROOT / "local" / "fake_realtime", source / "code" / "local" / "fake_realtime", ignore=ignored)
    shutil.copytree(ROOT / "layers" / "realtime-sms", source / "layer", ignore=ignored)
    h11 = importlib.util.find_spec("h11")
    if h11 is None or h11.origin is None:
        raise ModuleNotFoundError("h11")
    shutil.copytree(Path(h11.origin).parent, source / "code" / "h11", ignore=ignored)
    shutil.copy(Path(__file__).with_name("simulator.yaml"), source / "template.yaml")
    cache = SCRATCH / "sam" / "cache"
    options = {"--template-file": source / "template.yaml", "--build-dir": built, "--cache-dir": cache}
    sam("build", ["--cached", "--parameter-overrides", f"Architecture={architecture()}", "Settings=x"], options, {})
    return built / "template.yaml"
