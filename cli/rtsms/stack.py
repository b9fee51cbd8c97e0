"""A deployed stack, found by its name: its outputs, and clients of its region."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import boto3


@dataclass(frozen=True, slots=True)
class Stack:
    """One deployment, as CloudFormation describes it."""

    name: str
    session: boto3.Session
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @classmethod
    def find(cls, name: str, session: boto3.Session | None = None) -> Self:
        """Look the stack up.

        Raises:
            ClientError: there is none of this name, or you may not look.

        """
        session = session or boto3.Session()
        described = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
        return cls(name, session, outputs, parameters)
