"""A deployed stack, found by its name: its outputs and parameters, and what of the shell stands on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import boto3
from botocore.exceptions import ClientError

from realtime_sms.aws.producer import Producer
from realtime_sms.aws.requests import Requests
from realtime_sms.aws.submissions import Submissions
from realtime_sms.requests.prepare import Defaults
from rtsms.fault import Exit, Fault


class Named(dict[str, str]):
    """Outputs or parameters of a stack by name; a missing one says what that means."""

    def __init__(self, stack: str, kind: str, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._stack, self._kind = stack, kind

    def __missing__(self, name: str) -> str:
        """Refuse: the stack is another one, or older than this command."""
        raise Fault(
            Exit.NOT_FOUND,
            f"stack {self._stack}",
            f"it has no {self._kind} {name}, so it is no RealTime SMS sender, or an older one",
            to_do="give another --stack, or deploy this version",
        )


@dataclass(frozen=True, slots=True)
class Stack:
    """One deployment, as CloudFormation describes it; `status` is CloudFormation's word."""

    name: str
    session: boto3.Session
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    status: str = ""

    @classmethod
    def find(cls, name: str, session: boto3.Session | None = None) -> Self:
        """Look the stack up.

        Raises:
            Fault: there is none of this name.
            ClientError, BotoCoreError: you may not look, or AWS did not answer.

        """
        session = session or boto3.Session()
        try:
            described = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise Fault(
                Exit.NOT_FOUND,
                f"stack {name}",
                f"there is none of this name in {session.region_name}",
                to_do="give --stack, or --region and --profile of the account that has it",
            ) from None
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
        return cls(
            name,
            session,
            Named(name, "output", outputs),
            Named(name, "parameter", parameters),
            described["StackStatus"],
        )

    @property
    def defaults(self) -> Defaults:
        """Give what the deployment fills in where a request is silent."""
        prefixes = self.parameters["PlainTextPrefixes"].split(",")
        named = tuple(prefix.strip() for prefix in prefixes if prefix.strip())
        return Defaults(self.parameters["DefaultRegion"], self.parameters["DefaultSender"], named)

    @property
    def ttl_days(self) -> int:
        """Give the days that an outcome is kept."""
        return int(self.parameters["OutcomeTtlDays"])

    @property
    def table(self) -> str:
        """Name the outcomes table."""
        return self.outputs["OutcomesTableName"]

    def submissions(self) -> Submissions:
        """Give the submissions."""
        return Submissions(self.session.client("dynamodb"), self.table, ttl_days=self.ttl_days)

    def register(self) -> Requests:
        """Give what is known of requests."""
        return Requests(self.session.client("dynamodb"), self.table, ttl_days=self.ttl_days)

    def producer(self) -> Producer:
        """Give the way in."""
        return Producer(self.session.client("sqs"), self.outputs["SendQueueUrl"])
