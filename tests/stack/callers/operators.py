"""Operators of the deployed stack, each with the permissions that the page lists for one command."""

import json
import re
from collections.abc import Callable

from local import ROOT
from local.embedded_aws.running import STACK_NAME
from local.embedded_aws.server import LocalSession
from rtsms.stack import Stack
from tests.stack.deployment import Deployment


def permissions() -> dict[str, list[str]]:
    """Return the permissions that the page lists for each command."""
    _, _, table = (ROOT / "docs" / "rtsms.md").read_text(encoding="utf-8").partition("## Permissions")
    rows = [re.findall(r"`([^`]+)`", line) for line in table.splitlines() if line.startswith("| `")]
    return {command: actions for command, *actions in rows}


def operator(deployed: Deployment, *actions: str) -> Callable[..., Stack]:
    """Create a user with these permissions and no others; return what finds the stack as this user."""
    iam, name = deployed.session.client("iam"), deployed.new_id("operator")
    statement = {"Effect": "Allow", "Action": ["cloudformation:DescribeStacks", *actions], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="operate", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    session = LocalSession(deployed.stack.aws.environment | credentials)
    return lambda _name, **_options: Stack.find(STACK_NAME, session)
