"""SAM local: the functions in Docker, with the embedded AWS and the simulator of `make local`.

`make local` writes a template and an environment file for `sam local`; `samconfig.toml` names both. SAM CLI passes a
function only the variables that its template declares, so the address of the embedded AWS needs a template of its own.
It differs from `template.yaml` in three things: it declares these variables, it has absolute paths to the code, and it
has this machine's processor.

Containers reach the machine as `host.docker.internal`. With Docker Desktop that name leads to loopback. With Docker on
Linux it leads to Docker's bridge, so a relay to loopback listens on the bridge's address, and nowhere else.
"""

import fcntl
import json
import select
import socket
import struct
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

from local import ROOT, SCRATCH
from local import TEMPLATE as SOURCE
from local.embedded_aws import Stack
from local.embedded_aws.running import STACK_NAME
from local.embedded_aws.sam import architecture
from local.listening import Listening

TEMPLATE: Final = SCRATCH / "sam-local.yaml"
ENVIRONMENT: Final = SCRATCH / "sam-local.json"

_HOST: Final = "host.docker.internal"  # this machine, from a container
_LOOPBACK: Final = "127.0.0.1"
_FOR_ALL: Final = "Parameters"  # SAM CLI's key for the variables of all functions
_BRIDGE: Final = b"docker0"
_SIOCGIFADDR: Final = 0x8915  # Linux: ask for an interface's address (netdevice(7))
_IFREQ: Final = struct.Struct("16s24x")  # the interface's name; the answer has a sockaddr_in behind it
_ADDRESS: Final = slice(20, 24)  # behind name, family and port
_CHUNK: Final = 65_536
_LOOK_SECONDS: Final = 1.0  # between looks for a bridge that is not there yet


def write(stack: Stack, directory: Path = SCRATCH) -> tuple[Path, Path]:
    """Write both files for a running stack; return the paths of template and environment file."""
    template, values = directory / TEMPLATE.name, directory / ENVIRONMENT.name
    environment = environment_of(stack)
    document = template_with(environment[_FOR_ALL], stack.template)
    template.write_text(f"# Written by make local; see docs/local.md.\n{yaml_dump(document)}", encoding="utf-8")
    values.write_text(f"{json.dumps(environment, indent=2)}\n", encoding="utf-8")
    return template, values


def environment_of(stack: Stack) -> dict[str, dict[str, str]]:
    """Return the variables of each deployed function, and for all of them the embedded AWS with its keys.

    The session token is empty, so that SAM CLI does not pass one of the shell's own AWS account.
    """
    session = stack.aws.session()
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    made = [resource for page in pages for resource in page["StackResourceSummaries"]]
    functions = {
        one["LogicalResourceId"]: _variables(session, one["PhysicalResourceId"])
        for one in made
        if one["ResourceType"] == "AWS::Lambda::Function"
    }
    environment = {_FOR_ALL: {**stack.aws.environment, "AWS_SESSION_TOKEN": ""}, **functions}
    return {name: _seen_from_a_container(variables) for name, variables in environment.items()}


def _variables(session: boto3.Session, function_name: str) -> dict[str, str]:
    configuration = session.client("lambda").get_function_configuration(FunctionName=function_name)
    return configuration.get("Environment", {}).get("Variables", {})


def _seen_from_a_container(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value.replace(f"http://{_LOOPBACK}:", f"http://{_HOST}:") for name, value in variables.items()}


def template_with(declared: Iterable[str], built: Path) -> dict[str, Any]:
    """Return the template with these variables declared, the source as the code, and the layer of the `built` one."""
    document: dict[str, Any] = yaml_parse(SOURCE.read_text(encoding="utf-8"))
    document["Parameters"]["Architecture"]["Default"] = architecture()
    of_all = document["Globals"]["Function"]
    of_all["CodeUri"] = str(ROOT / of_all["CodeUri"])
    of_all["Environment"]["Variables"].update(dict.fromkeys(declared, ""))
    layers: dict[str, Any] = yaml_parse(built.read_text(encoding="utf-8"))["Resources"]
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = str(built.parent / layers[name]["Properties"]["ContentUri"])
    return document


def bridge_address(interface: bytes = _BRIDGE) -> str | None:
    """Return the address of Docker's bridge; None without Docker and with Docker Desktop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            told = fcntl.ioctl(asked, _SIOCGIFADDR, _IFREQ.pack(interface))
        except OSError:  # no such interface, or not Linux
            return None
    return socket.inet_ntoa(told[_ADDRESS])


@contextmanager
def relayed_from_bridge(ports: Collection[int], find: Callable[[], str | None] = bridge_address) -> Iterator[None]:
    """Relay from Docker's bridge, inside the block; if Docker starts later, from then on."""
    stopping = threading.Event()
    with ExitStack() as running:

        def wait_for_bridge() -> None:
            while not stopping.wait(_LOOK_SECONDS):
                if address := find():
                    running.enter_context(relayed(address, ports))
                    return

        watcher = threading.Thread(target=wait_for_bridge, name="bridge", daemon=True)
        if address := find():
            running.enter_context(relayed(address, ports))
        else:
            watcher.start()
        try:
            yield
        finally:
            stopping.set()
            if watcher.ident:
                watcher.join()


@contextmanager
def relayed(address: str | None, ports: Collection[int]) -> Iterator[None]:
    """Relay connections to `address`, on each of `ports`, to the same port on loopback, inside the block.

    Without an address there is nothing to do. Raises OSError if a port is taken on that address.
    """
    with ExitStack() as running:
        for port in ports if address else ():
            running.enter_context(Listening(str(address), port, partial(_join, port), "relay"))
        yield


def _join(port: int, near: socket.socket) -> None:
    """Join one connection with one to loopback, until both have ended or either breaks."""
    with socket.create_connection((_LOOPBACK, port)) as far:
        ways = {near.fileno(): (near, far), far.fileno(): (far, near)}
        poll, unfinished = select.poll(), len(ways)
        for end in ways:
            poll.register(end, select.POLLIN)
        while unfinished:
            for end, events in poll.poll():
                source, sink = ways[end]
                if not events & select.POLLIN:
                    return  # broken, or the block has ended
                if chunk := source.recv(_CHUNK):
                    sink.sendall(chunk)
                else:
                    sink.shutdown(socket.SHUT_WR)
                    poll.modify(end, 0)  # reports only that the connection broke
                    unfinished -= 1
