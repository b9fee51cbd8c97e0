"""The embedded AWS: MiniStack in a child process on loopback, with IAM enforced; its state is gone at exit."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import boto3
import urllib3

REGION: Final = "sa-east-1"  # not MiniStack's default, so that a hard-coded region in the code fails
ACCOUNT = "000000000000"

_LOCAL = Path(__file__).resolve().parents[2] / ".local"
_READY_SECONDS = 60
_LOG_TAIL = 2_000
_CHILD = Path(__file__).with_name("ministack_child.py")


class EmbeddedAwsError(Exception):
    """The embedded AWS did not start; the message has the end of its log."""


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
            """Do as boto3, with the endpoint."""
            return super().client(*args, **{"endpoint_url": self._endpoint_url, **options})

        def resource(self, *args: object, **options: object) -> object:
            """Do as boto3, with the endpoint."""
            return super().resource(*args, **{"endpoint_url": self._endpoint_url, **options})


class EmbeddedAws:
    """A context manager around one MiniStack process; several can run at the same time.

    It writes a log under `directory` and prints nothing. Raises `EmbeddedAwsError` if MiniStack does not answer within
    a minute or does not enforce IAM.
    """

    def __init__(self, directory: Path = _LOCAL) -> None:
        self._directory = directory.resolve()
        self._key = f"LKIA{secrets.token_hex(8).upper()}"
        self._secret = secrets.token_hex(20)
        self._child: subprocess.Popen[bytes] | None = None
        self.endpoint_url = ""
        self.log_file = Path()

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
        """Return a session of the account's root user."""
        return LocalSession(self.environment)

    def __enter__(self) -> Self:
        """Start the process and wait until it answers."""
        with contextlib.ExitStack() as undo:
            scratch = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="aws-", ignore_cleanup_errors=True)))
            undo.callback(self._end)
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port = listener.getsockname()[1]
                self.endpoint_url = f"http://127.0.0.1:{port}"
                self._start(listener, port, scratch)
            # The socket listens already: this request waits until the process serves it, or fails when it ends.
            self._await_enforcement()
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process and all functions that it runs."""
        self._undo.close()

    def _start(self, listener: socket.socket, port: int, scratch: Path) -> None:
        self.log_file = self._directory / "logs" / f"ministack-{port}.log"
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-P", str(_CHILD), str(listener.fileno())],
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
        try:
            answer = urllib3.request(
                "POST",
                self.endpoint_url,
                headers={"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"},
                body=b"{}",
                timeout=_READY_SECONDS,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise EmbeddedAwsError(f"MiniStack did not start ({error}); {self._log_tail()}") from error
        if answer.status != 403:  # noqa: PLR2004 - HTTP's own number
            raise EmbeddedAwsError(f"MiniStack answered an unsigned call with {answer.status}, not 403: version < 1.5?")

    def _log_tail(self) -> str:
        return f"{self.log_file} ends with:\n{self.log_file.read_text(errors='replace')[-_LOG_TAIL:]}"

    def _end(self) -> None:
        """Kill the process group: MiniStack and every function."""
        if self._child is None or self._child.stdin is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._child.stdin.close()
