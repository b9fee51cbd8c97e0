"""An AWS account in the place of the embedded AWS, and a stack that acceptance deployed in it."""

import base64
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import TEMPLATE
from local.embedded_aws.running import Stack

TAG: Final = "realtime-sms-acceptance"  # on every stack that acceptance makes; the value is the name of its run
NEEDED: Final = """\
Acceptance needs credentials of an AWS account that may be used for tests: {why}.

Set AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. They must be allowed to use
CloudFormation, IAM (roles), Lambda, DynamoDB, SQS, SNS, EventBridge and its Scheduler, Secrets Manager, API Gateway,
CloudWatch, CloudWatch Logs and S3. Take an account of its own: the tests make and delete stacks, queues and rules
there. Its quota of concurrent Lambda executions should be 1,000; a new account may have 10. A run is expected to take
half an hour and to cost less than one dollar.

Without an account: make acceptance STACK=embedded
"""


class NoAccountError(RuntimeError):
    """There are no credentials, or they are refused; the message says what is needed."""


@dataclass(frozen=True)
class Account:
    """An account in one region, as tests reach it."""

    region: str
    account: str
    credentials: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, region: str | None = None) -> "Account":
        """Return the account of the credentials that boto3 finds; raise NoAccountError if there are none that hold."""
        try:
            session = boto3.Session(region_name=region)
            found = session.get_credentials()
            if found is None:
                raise NoAccountError(NEEDED.format(why="there are none"))
            account = session.client("sts").get_caller_identity()["Account"]
        except ClientError as error:
            why = f"AWS refuses these ({error.response['Error']['Code']})"
            raise NoAccountError(NEEDED.format(why=why)) from error
        except BotoCoreError as error:
            why = f"these cannot be tried ({type(error).__name__})"
            raise NoAccountError(NEEDED.format(why=why)) from error
        frozen = found.get_frozen_credentials()
        given = {"AWS_ACCESS_KEY_ID": frozen.access_key, "AWS_SECRET_ACCESS_KEY": frozen.secret_key}
        given |= {"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {}
        return cls(session.region_name, account, {name: str(value) for name, value in given.items()})

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables with which a tool calls this account."""
        other = {name: os.environ[name] for name in ("AWS_ENDPOINT_URL",) if name in os.environ}
        return {**self.credentials, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region, **other}

    def session(self) -> boto3.Session:
        """Return a session with these credentials."""
        return boto3.Session(
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.credentials.get("AWS_SESSION_TOKEN"),
            region_name=self.region,
        )


@dataclass(frozen=True)
class AccountStack(Stack):
    """A stack in an account, with the simulator as a function beside it."""

    simulator_function: str = ""

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return self.outputs["ApiUrl"]

    @cached_property
    def _clients(self) -> dict[str, Any]:
        session = self.aws.session()
        return {name: session.client(name) for name in ("lambda", "sqs")}

    def control(self, method: str, operation: str, told: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Return the reply of the simulator's control API, which is invoked; raise ValueError if it refuses."""
        event = {"method": method, "operation": operation, "body": told}
        reply = self._clients["lambda"].invoke(FunctionName=self.simulator_function, Payload=json.dumps(event))
        return read_control(operation, json.loads(reply["Payload"].read()))

    def server_log(self) -> str:
        """Return nothing: AWS shows no log of its own."""
        return ""

    def count_queued(self, bodies: Collection[str]) -> int:  # noqa: ARG002 (SQS shows no message that is hidden)
        """Count all messages on the send queue, whatever their bodies."""
        return sum(self._depth())

    def is_sending(self) -> bool:
        """Return True if a message is hidden: it is being worked on, or waits."""
        return self._depth()[1] > 0

    def _depth(self) -> tuple[int, int]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        reply = self._clients["sqs"].get_queue_attributes(QueueUrl=self.outputs["SendQueueUrl"], AttributeNames=names)
        visible, hidden = (int(reply["Attributes"][name]) for name in names)
        return visible, hidden


def read_control(operation: str, reply: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    """Return the JSON of a control operation's answer; raise ValueError if it is a refusal."""
    body = base64.b64decode(reply.get("body", "")).decode()
    if reply.get("statusCode") != 200:
        raise ValueError(f"the simulator refused {operation}: {body}")
    return json.loads(body)


def own_name(run: str, name: str) -> str:
    """Return how something of a run is named that is in no stack: no other run, and nobody else, has the prefix."""
    return f"{TAG}-{run}_{name}"


def publishers(account: str, region: str, name: str) -> dict[str, str]:
    """Return the parameters that name who may publish: a topic and a rule of this run, and another account."""
    return {
        "PublisherArns": "111111111111",
        "PublisherTopicArns": f"arn:aws:sns:{region}:{account}:{own_name(name, 'orders')}",
        "PublisherRuleArns": f"arn:aws:events:{region}:{account}:rule/{own_name(name, 'orders')}",
    }


def find(account: Account, name: str) -> AccountStack:
    """Return the stack that acceptance deployed under this name."""
    found = {one: outputs(account.session(), one) for one in (name, f"{name}-simulator")}
    own, simulator = found[name], found[f"{name}-simulator"]
    return AccountStack(
        account,  # type: ignore[arg-type]  # it has what tests use of an EmbeddedAws
        own,
        simulator["Url"].rstrip("/"),
        Path(TEMPLATE),
        publishers(account.account, account.region, name),
        name,
        simulator["FunctionName"],
    )


def outputs(session: boto3.Session, name: str) -> dict[str, str]:
    """Return the outputs of a stack."""
    (stack,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
