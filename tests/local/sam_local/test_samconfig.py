"""What `samconfig.toml` tells `sam local`."""

import tomllib
from typing import Any

import pytest

from local import ROOT
from local.sam_local import ENVIRONMENT, TEMPLATE

COMMANDS = ("local_invoke", "local_start_api", "local_start_lambda")


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    """Return the parameters by command."""
    with (ROOT / "samconfig.toml").open("rb") as file:
        return {command: told["parameters"] for command, told in tomllib.load(file)["default"].items()}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_told_what_make_local_writes(configuration: dict[str, Any], command: str) -> None:
    """No command needs an option: it reads the files that are written, and knows the machine by the name in them."""
    told = configuration[command]
    assert (ROOT / told["template"], ROOT / told["env_vars"]) == (TEMPLATE, ENVIRONMENT)
    assert told["add_host"] == ["host.docker.internal:host-gateway"]
