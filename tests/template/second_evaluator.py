"""iam-simulate, a second evaluator of IAM policies beside MiniStack's; it runs in Node.js."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local import ROOT
from local.node_packages import node_packages
from tests.template.iam.policies import arn_of

ROLE = "arn:aws:iam::000000000000:role/one"
_SCRIPT = Path(__file__).with_name("iam_simulate.mjs")
_NAMES = {"Allowed": "Allow", "ExplicitlyDenied": "Deny", "ImplicitlyDenied": "ImplicitDeny"}  # as MiniStack has them


@dataclass(frozen=True)
class Request:
    """A call, who makes it, and the policies that decide on it."""

    action: str
    resource: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    principal: str = ROLE
    identityPolicies: Sequence[Any] = ()  # noqa: N815 (the script's name)
    resourcePolicy: Any = None  # noqa: N815 (likewise)


def decisions(requests: Iterable[Request]) -> list[str]:
    """Return Allow, Deny or ImplicitDeny for each; something else where a request cannot be.

    Skips the test without Node.js.
    """
    packages = node_packages(ROOT / "local" / "node")
    if not packages:
        pytest.skip("iam-simulate needs Node.js and npm, which are not installed here")
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", _SCRIPT.read_text(encoding="utf-8")],
        cwd=packages,
        input=json.dumps([asdict(one) for one in requests]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [_NAMES.get(one, one) for one in json.loads(done.stdout)]


def with_arns(policy: Any, resources: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    """Return a policy of the rendered template with an ARN for each name of a resource."""

    def arn(found: re.Match[str]) -> str:
        return arn_of(found[1], found[2] or "Ref", resources)

    text = re.sub(r"<(\w+)\.?(\w*)>", arn, json.dumps(policy))
    return json.loads(re.sub(r"\$\{(\w+)\.?(\w*)\}", arn, text))


def granted(role: str, resources: Mapping[str, Any]) -> list[Any]:
    """Return the policies of a role of the rendered template, by its logical id."""
    policies = resources[role]["Properties"]["Policies"]
    return [with_arns(one["PolicyDocument"], resources) for one in policies]
