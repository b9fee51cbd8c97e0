"""The embedded AWS: MiniStack in a child process on loopback, with IAM enforced; its state is gone at exit."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Self

import boto3
import urllib3

from local import SCRATCH

REGION: Final = "sa-east-1"  # not MiniStack's default, so that a hard-coded region in the code fails
ACCOUNT = "000000000000"

_READY_SECONDS = 60
_LOG_TAIL = 2_000
_CHILD = Path(__file__).with_name("ministack_child.py")


class EmbeddedAwsError(Exception):
    """The embedded AWS did not start; the message has the end of its log."""


@dataclass(frozen=True)
class Decision:
    """What IAM decided on a call of a role: Allow, Deny or ImplicitDeny."""

    principal: str
    action: str
    resource: str
    partitions: list[str]  # where the call names items: their partition keys, "" for that of any request
    decision: str


class LocalSession(boto3.Session):
    """A boto3 session of the account's root user whose clients and resources call the embedded AWS."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
        )
        self._endpoint_url = environment["AWS_ENDPOINT_URL"]

    if not TYPE_CHECKING:  # the stubs type these by service name

        def client(self, *args: object, **options: object) -> object:
            return super().client(*args, **{"endpoint_url": self._endpoint_url, **options})

        def resource(self, *args: object, **options: object) -> object:
            return super().resource(*args, **{"endpoint_url": self._endpoint_url, **options})


class EmbeddedAws:
    """A context manager around one MiniStack process; several can run at the same time.

    It writes a log file and prints nothing. Raises `EmbeddedAwsError` if MiniStack does not answer within
    a minute or does not enforce IAM. With `middleware`, the path of a file with a function `wrap(app)`, it serves
    through that: tests check every call so. `running` are all of this process.
    """

    region: ClassVar[str] = REGION
    account: ClassVar[str] = ACCOUNT
    middleware: ClassVar[Path | None] = None
    running: ClassVar[list["EmbeddedAws"]] = []

    def __init__(self) -> None:
        self._key, self._secret = f"LKIA{secrets.token_hex(8).upper()}", secrets.token_hex(20)
        self._running = contextlib.ExitStack()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which the AWS CLI, SAM CLI or an SDK call this AWS as its root user."""
        return {
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
        }

    def session(self) -> boto3.Session:
        return LocalSession(self.environment)

    def decisions(self) -> list[Decision]:
        """Return what IAM decided on the calls of roles so far, each kind of call once."""
        recorded = self._scratch / "decisions.jsonl"
        lines = recorded.read_text(encoding="utf-8").splitlines() if recorded.exists() else []
        return [Decision(*json.loads(line)) for line in lines]

    def __enter__(self) -> Self:
        """Start the process and wait until it answers."""
        with contextlib.ExitStack() as running:
            temporary = tempfile.TemporaryDirectory(prefix="aws-", ignore_cleanup_errors=True)
            self._scratch = scratch = Path(running.enter_context(temporary))
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port = listener.getsockname()[1]
                self.endpoint_url = f"http://127.0.0.1:{port}"
                self.log_file = SCRATCH / "logs" / f"ministack-{port}.log"
                running.callback(_kill, self._start(listener, port, scratch))
            # The socket listens already: this request waits until the process serves it, or fails when it ends.
            self._await_enforcement()
            self.running.append(self)
            running.callback(self.running.remove, self)
            self._running = running.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        """End the process and all functions that it runs."""
        self._running.close()

    def _start(self, listener: socket.socket, port: int, scratch: Path) -> subprocess.Popen[bytes]:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("wb") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    str(_CHILD),
                    str(listener.fileno()),
                    *([str(self.middleware)] * bool(self.middleware)),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=scratch,
                env=self._settings(port, scratch),
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )

    def _settings(self, port: int, scratch: Path) -> dict[str, str]:
        """Return the process's environment variables.

        The functions inherit them, so only PATH is the developer's own: no credentials, proxies or AWS_PROFILE.
        """
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "PYTHONNOUSERSITE": "1",
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "S3_DATA_DIR": str(scratch / "s3"),
            "STATE_DIR": str(scratch / "state"),
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "INFO",
        }

    def _await_enforcement(self) -> None:
        """Make an unsigned call and raise EmbeddedAwsError unless it is refused."""
        headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
        http = urllib3.PoolManager(headers=headers, timeout=_READY_SECONDS, retries=False)
        try:
            answer = http.request("POST", self.endpoint_url, body=b"{}")
        except urllib3.exceptions.HTTPError as error:
            end = self.log_file.read_text(errors="replace")[-_LOG_TAIL:]
            raise EmbeddedAwsError(f"MiniStack did not start ({error}); {self.log_file} ends with:\n{end}") from error
        if answer.status != HTTPStatus.FORBIDDEN:
            raise EmbeddedAwsError(f"MiniStack answered an unsigned call with {answer.status}, not 403: version < 1.5?")


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the process group: MiniStack and every function."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    with child:
        child.wait()
