"""SAM local in Docker, beside a deployed stack; skipped where there is no engine or no Lambda image."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samcli.local.docker.exceptions import ContainerNotReachableException
from samcli.local.docker.utils import get_validated_container_client

from local import ROOT, sam_local
from local.embedded_aws import running_stack
from local.embedded_aws.sam import architecture
from tests.stack.deployment import Deployment

TOKEN = "sam-local-token"
IMAGE = f"public.ecr.aws/lambda/python:3.13-{architecture()}"


@dataclass(frozen=True)
class SamLocal:
    """`sam local` as a person runs it, in a directory with `samconfig.toml`, `events` and what `make local` writes."""

    directory: Path
    deployed: Deployment

    def begin_anew(self) -> None:
        """Empty the phones, close the breakers, and put the token where RealTime has it again."""
        self.deployed.simulator("POST", "reset")
        secret = self.deployed.outputs["TokenSecretArn"]
        self.deployed.secrets.put_secret_value(SecretId=secret, SecretString=json.dumps({"access_token": TOKEN}))
        self.deployed.forget_breakers()

    def invoke(self, function: str, event: str) -> dict[str, Any]:
        """Run `sam local invoke` and give what the function returned."""
        command = self._command("invoke", function, "-e", event)
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._place())
        assert done.returncode == 0, done.stderr
        returned: dict[str, Any] = json.loads(done.stdout)
        return returned

    @contextmanager
    def serving(self, command: str) -> Iterator[str]:
        """Run `sam local start-api` or `start-lambda` on a free port; yield its address."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        started = subprocess.Popen(
            self._command(command, "--port", str(port)), stderr=subprocess.PIPE, text=True, **self._place()
        )
        with started as server:
            try:
                assert server.stderr is not None
                said = iter(server.stderr.readline, "")
                assert any("Running on" in line for line in said), f"sam local {command} ended"
                yield f"http://127.0.0.1:{port}"
            finally:
                server.send_signal(signal.SIGTERM)
                server.communicate()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "samcli", "local", *arguments]

    def _place(self) -> dict[str, Any]:
        """Run where the files are, with nothing of the shell's own AWS account."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
        ours: Mapping[str, str] = {"SAM_CLI_TELEMETRY": "0", "SAM_SKIP_PULL_IMAGE": "true"}
        return {"cwd": self.directory, "env": {**kept, **ours}}


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip, and say what is missing, unless SAM CLI finds an engine that has the Lambda image."""
    try:
        client = get_validated_container_client()
    except ContainerNotReachableException:
        pytest.skip("SAM local needs a Docker engine that runs")
    with closing(client):
        if not client.images.list(name=IMAGE):
            pytest.skip(f"SAM local needs the Lambda image: docker pull {IMAGE}")


@pytest.fixture(scope="session")
def sam(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamLocal]:  # noqa: ARG001 (it skips)
    """Yield SAM local beside a stack, with the files that `make local` writes in a directory of their own."""
    directory = tmp_path_factory.mktemp("sam-local")
    shutil.copy(ROOT / "samconfig.toml", directory)
    (directory / "events").symlink_to(ROOT / "events")
    (directory / ".local").mkdir()
    with running_stack(token=TOKEN) as stack, sam_local.relayed(sam_local.bridge_address(), stack.ports):
        sam_local.write(stack, directory / ".local")
        yield SamLocal(directory, Deployment(stack))
