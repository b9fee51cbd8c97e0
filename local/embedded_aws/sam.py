"""Build and deploy with SAM CLI: each state of the source is built once, and deployed in seconds."""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3

from local import ROOT, SCRATCH, TEMPLATE
from local.compiled import compile_all
from local.embedded_aws.server import REGION, EmbeddedAws

_BUILDS_KEPT = 3
_API_ADDRESS = re.compile(r"^https://([a-z0-9]+)\.execute-api\.[^/]+/")
_ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class SamError(Exception):
    """SAM CLI failed; the message has the command and its output."""


def architecture() -> str:
    """Return Lambda's name for this machine's processor, for which the functions are built."""
    return _ARCHITECTURES[platform.machine()]


def build() -> Path:
    """Build functions and layer for this machine as `make build` does; return the path of the built template.

    The last builds are kept and found by a hash of the source. SAM keeps the layer's downloads until its requirements
    change. Only one process builds at a time. Raises `SamError`, or CalledProcessError if a file cannot be compiled,
    of which Python prints the name; prints nothing else.
    """
    builds = SCRATCH / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    with (SCRATCH / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = builds / _fingerprint()
        if not built.exists():
            fresh = SCRATCH / "sam" / "build"
            options = {
                "--template-file": TEMPLATE,
                "--build-dir": fresh,
                "--cache-dir": SCRATCH / "sam" / "cache",
                "--parameter-overrides": f"Architecture={architecture()}",
            }
            sam("build", ["--cached"], options, {})
            compile_all(fresh)
            fresh.rename(built)
        built.touch()
        for old in sorted(builds.iterdir(), key=lambda path: path.stat().st_mtime)[:-_BUILDS_KEPT]:
            shutil.rmtree(old)
    return built / "template.yaml"


def deploy(
    aws: EmbeddedAws, stack_name: str, parameters: Mapping[str, str], template: Path | None = None
) -> dict[str, str]:
    """Create or update the stack from a built template, by default `build()`; return its outputs.

    Prints nothing; raises `SamError`.
    """
    session = aws.session()
    bucket = f"{stack_name}-artifacts"
    storage = session.client("s3")
    with suppress(storage.exceptions.BucketAlreadyOwnedByYou):  # an update
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    options = {
        "--template-file": template or build(),
        "--stack-name": stack_name,
        "--s3-bucket": bucket,
        "--capabilities": "CAPABILITY_IAM",
    }
    values = {"Architecture": architecture(), **parameters}
    overrides = ["--parameter-overrides", *(f"{name}={quoted(text)}" for name, text in values.items())]
    flags = ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar", *overrides]
    sam("deploy", flags, options, aws.environment)
    _mend_mappings(session)
    (stack,) = session.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", [])}
    return {name: _reachable(value, aws.endpoint_url) for name, value in outputs.items()}


def _reachable(value: str, endpoint_url: str) -> str:
    """Replace the address that an API has on AWS by the one on this machine."""
    return _API_ADDRESS.sub(rf"{endpoint_url}/_aws/execute-api/\1/", value)


def _mend_mappings(session: boto3.Session) -> None:
    """Correct the event source mappings, for which MiniStack differs from CloudFormation.

    MiniStack never polls a mapping whose `MaximumConcurrency` is a string, and an updated mapping goes on with the
    earlier version of its function.
    """
    client = session.client("lambda")
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        mended: Any = {"FunctionName": mapping["FunctionArn"]}
        if "MaximumConcurrency" in (scaling := mapping.get("ScalingConfig", {})):
            mended["ScalingConfig"] = {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}
        client.update_event_source_mapping(UUID=mapping["UUID"], **mended)


def sam(command: str, flags: list[str], options: Mapping[str, object], environment: Mapping[str, str]) -> None:
    """Run SAM CLI in a directory of its own, without samconfig.toml and the caller's AWS settings."""
    directory = SCRATCH / "sam"
    directory.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    search = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    ours = {"PATH": search, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2", "AWS_CONFIG_FILE": os.devnull}
    configuration = directory / "empty.toml"
    configuration.write_text("version = 0.1\n")
    given = [text for name, value in options.items() for text in (name, str(value))]
    arguments = [command, *given, "--config-file", str(configuration), *flags]
    done = subprocess.run(
        [sys.executable, "-m", "samcli", *arguments],
        cwd=directory,
        env={**kept, **ours, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SamError(f"sam {' '.join(arguments)}\n{done.stdout}")


def quoted(text: str) -> str:
    """Quote a parameter's value for SAM CLI."""
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def _fingerprint() -> str:
    """Return a hash of the machine and of every file that a build reads."""
    digest = hashlib.sha256(architecture().encode())
    sources = [path for folder in ("functions", "layers") for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in [TEMPLATE, ROOT / "local" / "compiled.py", *sorted(sources)]:
        if "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return digest.hexdigest()[:16]
