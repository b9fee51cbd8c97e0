"""The commands of the deploy page build the layer for the processor that they deploy."""

import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator

import pytest
from samcli.lib.providers.sam_layer_provider import SamLayerProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

from local import ROOT, TEMPLATE
from tests.template.rendered import rendered

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands(block: str) -> Iterator[list[str]]:
    """Yield the commands of SAM CLI and of make in a block, in words."""
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] in (["sam"], ["make"]):
            yield words[1:]


def architecture(words: list[str]) -> str:
    """Return the processor that a command names, else the default."""
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z]\w+=", word))
    named = given.get("Architecture") or given.get("ARCHITECTURE")
    return str(named or rendered()["SendFunction"]["Properties"]["Architectures"][0])


def built_for(name: str) -> str:
    """Return the processor for which `sam build` installs the layer's libraries, if `Architecture` is this."""
    stacks, _ = SamLocalStackProvider.get_stacks(str(TEMPLATE), parameter_overrides={"Architecture": name})
    (layer,) = SamLayerProvider(stacks).get_all()
    return str(layer.build_architecture)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in SAM CLI
@pytest.mark.parametrize("name", ["x86_64", "arm64"])
def test_the_layer_is_built_for_the_processor_of_the_functions(name: str) -> None:
    """If `sam build` gets the parameter that `sam deploy` gets."""
    (function,) = rendered(Architecture=name)["SendFunction"]["Properties"]["Architectures"]
    assert built_for(name) == function == name


@pytest.mark.parametrize("block", [block for block in BLOCKS if re.search("^(make|sam) build", block, re.MULTILINE)])
def test_what_a_block_builds_is_what_it_deploys(block: str) -> None:
    """A layer of the other processor imports nothing."""
    told = {words[0]: architecture(words) for words in commands(block)}
    assert told["build"] == told["deploy"]


def test_make_builds_for_the_processor_that_its_command_line_names() -> None:
    """A variable of the shell does not count: `sam deploy` would not see it. What was built is compiled."""

    def told(*arguments: str, **variables: str) -> list[str]:
        make = ["make", "--dry-run", "--no-print-directory", "build", *arguments]
        return subprocess.check_output(make, cwd=ROOT, env=os.environ | variables, text=True).splitlines()[-2:]

    compiled = "python -m local.compiled .aws-sam/build"
    assert told("ARCHITECTURE=arm64") == ["sam build --parameter-overrides Architecture=arm64", compiled]
    assert told(ARCHITECTURE="arm64") == ["sam build ", compiled]


def test_the_page_shows_each_processor() -> None:
    """The first deployment, by command, and all later ones, by `samconfig.toml`."""
    shown = {architecture(words) for block in BLOCKS for words in commands(block) if words[0] == "build"}
    assert shown == {"x86_64", "arm64"}
    (toml,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    added = tomllib.loads(toml)["default"]["build"]["parameters"]
    held = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["default"]["build"]["parameters"]
    assert added == held | {"parameter_overrides": "Architecture=arm64"}
