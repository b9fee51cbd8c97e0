"""What is written for `sam local`, from the deployed stack."""

import json
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from local import ROOT, sam_local
from local.embedded_aws import Stack
from tests.template.rendered import rendered

pytestmark = [pytest.mark.stack, pytest.mark.embedded]


@pytest.fixture(scope="module")
def written(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write the template and the environment file for the deployed stack."""
    return sam_local.write(stack, tmp_path_factory.mktemp("sam-local"))


@pytest.fixture
def template(written: tuple[Path, Path]) -> dict[str, Any]:
    """Return the written template."""
    document: dict[str, Any] = yaml_parse(written[0].read_text(encoding="utf-8"))
    return document


@pytest.fixture
def environment(written: tuple[Path, Path]) -> dict[str, dict[str, str]]:
    """Return the written environment."""
    values: dict[str, dict[str, str]] = json.loads(written[1].read_text(encoding="utf-8"))
    return values


def test_each_function_gets_the_values_that_it_is_deployed_with(
    template: dict[str, Any], environment: dict[str, dict[str, str]]
) -> None:
    """Every function of the template has an entry with each variable that the template declares for it."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    declared = {
        name: {**shared, **one["Properties"]["Environment"]["Variables"]}.keys()
        for name, one in rendered().items()
        if one["Type"] == "AWS::Lambda::Function"
    }
    for_all = environment.pop("Parameters")
    assert {name: {**for_all, **values}.keys() for name, values in environment.items()} == declared


def test_no_value_names_loopback_which_is_the_containers_own(stack: Stack, written: tuple[Path, Path]) -> None:
    """The embedded AWS and the simulator are at the host's name, on the relayed ports."""
    text = written[1].read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    for port in stack.ports:
        assert f"http://host.docker.internal:{port}" in text


def test_nothing_of_the_shells_own_aws_account_goes_along(environment: dict[str, dict[str, str]]) -> None:
    """Each credential that SAM CLI would take from the shell has a value of the embedded AWS."""
    names = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"}
    assert names | {"AWS_ENDPOINT_URL"} == environment["Parameters"].keys()


def test_the_template_is_the_real_one_but_for_paths_names_and_processor(
    template: dict[str, Any], environment: dict[str, dict[str, str]]
) -> None:
    """Without the three differences it is `template.yaml`."""
    real = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    layer = "RealTimeSmsLayer"
    assert Path(template["Globals"]["Function"]["CodeUri"], "send", "handler.py").is_file()
    built = Path(template["Resources"][layer]["Properties"].pop("ContentUri"))
    assert (built / "python" / "realtime_sms" / "vocabulary.py").is_file()
    real["Resources"][layer]["Properties"].pop("ContentUri")
    real["Globals"]["Function"]["CodeUri"] = template["Globals"]["Function"]["CodeUri"]
    real["Parameters"]["Architecture"]["Default"] = template["Parameters"]["Architecture"]["Default"]
    for name in environment["Parameters"]:
        assert template["Globals"]["Function"]["Environment"]["Variables"].pop(name) == ""
    assert template == real
