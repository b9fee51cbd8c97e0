"""Runs the examples of docs/sending.md as a person would: in a shell, in Python, in Node.js."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from local.embedded_aws import ACCOUNT, PUBLISHERS, REGION
from local.node_packages import node_packages
from tests.docs.examples_page import Block
from tests.stack.deployment import Deployment

_PACKAGES = Path(__file__).with_name("node")
_PATIENCE = 120  # seconds for one example


def environment(deployed: Deployment) -> dict[str, str]:
    """Return what `source .local/env` sets and what the page says to set; nothing of the developer's own."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "LANG": "C.UTF-8",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **deployed.stack.aws.environment,
        **deployed.outputs,
        "AWS_ACCOUNT_ID": ACCOUNT,
        "TopicArn": PUBLISHERS["PublisherTopicArns"],
        "EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
    }


def run(example: Block, folder: Path, variables: Mapping[str, str]) -> str:
    """Run an example in a folder; return what it printed."""
    match example.language:
        case "sh":
            if "curl " in example.text and not shutil.which("curl"):
                pytest.skip("this example needs curl, which is not installed here")
            command = ["bash", "-euo", "pipefail", "-c", example.text]
        case "python":
            command = [sys.executable, "-c", example.text]
        case "js":
            command = ["node", str(_script(example))]
        case other:
            raise ValueError(f"{other} is no language that can be run here")
    return execute(example.name, command, {**variables, "HOME": str(folder)}, folder)


def execute(name: str, command: Sequence[str], variables: Mapping[str, str], folder: Path | None = None) -> str:
    """Run a command with these variables and no others; return what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"
    return done.stdout


def _script(example: Block) -> Path:
    """Write a script where its packages are, which Node.js looks for beside it."""
    packages = node_packages(_PACKAGES)
    if not packages:
        pytest.skip("this example needs Node.js and npm, which are not installed here")
    script = packages / f"{example.name}.mjs"
    script.write_text(example.text, encoding="utf-8")
    return script
