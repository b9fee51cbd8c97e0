"""What the pages refer to exists: places, make targets, outputs, parameters, files, and the AWS CLI's own words."""

import re
from functools import cache
from importlib.util import find_spec
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from samcli.yamlhelper import yaml_parse

from local import ROOT
from rtsms.main import main as rtsms
from tests.docs.page import Page, pages

PAGES = list(pages())
OF_THE_AWS_CLI = {
    "notification-endpoint",  # what it calls the `endpoint` of `sns subscribe`
    "query",
    "output",
    "endpoint-url",
    "region",
    "profile",
    "cli-binary-format",
    "no-cli-pager",
    "no-paginate",
}
NOT_OF_THE_API = {"s3", "configure", "cloudformation wait", "cloudformation deploy", "logs tail"}

each_page = pytest.mark.parametrize("page", PAGES, ids=str)


@cache
def template() -> dict[str, Any]:
    """Return the template."""
    document: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return document


@each_page
def test_every_link_leads_to_a_page_and_a_heading(page: Page) -> None:
    """No link within the repository is dead."""
    for link in page.links:
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors, link


@each_page
def test_every_make_target_exists(page: Page) -> None:
    """`make` is told nothing that it does not know."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {target for code in page.code for target in re.findall(r"\bmake ([a-z-]+)", code)} <= known


@each_page
def test_every_variable_is_an_output_or_explained_on_the_page(page: Page) -> None:
    """A command uses no output that the stack does not have; what else it uses, the page sets or names."""
    used = {name for line in page.shell for name in re.findall(r"\$\{?([A-Z][a-z]\w*)", line)}
    made = {name for line in page.shell for name in re.findall(r"\b([A-Z][a-z]\w*)=", line)}
    explained = set(re.findall(r"`\$?(\w+)`", page.prose))
    assert used - made - explained <= template()["Outputs"].keys()


@each_page
def test_every_parameter_that_is_set_exists(page: Page) -> None:
    """A deploy sets no parameter that the template does not have."""
    given = [line.partition("--parameter-overrides")[2] for line in page.shell]
    names = {name for rest in given for name in re.findall(r"\b([A-Z]\w+)=", rest)}
    assert names <= template()["Parameters"].keys()


@each_page
def test_every_file_exists(page: Page) -> None:
    """No command reads, and no sentence names, a file of the repository that is not there."""
    roots = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    for code in page.code:
        for name in re.findall(rf"(?<![\w/.])((?:{roots})/[\w./-]+)", code):
            assert (ROOT / name).exists(), name


@each_page
def test_every_file_of_the_layer_exists(page: Page) -> None:
    """A page may name a file of the shared layer by its path in there."""
    layer = ROOT / "layers" / "realtime-sms" / "realtime_sms"
    rooms = "|".join(path.name for path in layer.iterdir() if path.is_dir())
    for code in page.code:
        for name in re.findall(rf"(?<![\w/.-])((?:{rooms})/[\w./-]*(?:\.py|/))(?![\w.])", code):
            assert (layer / name).exists(), name


def test_every_function_on_the_way_of_a_message_exists() -> None:
    """A name that ends in brackets is defined in the file that the page names before it."""
    page = Page(ROOT / "docs" / "how-it-works.md")
    layer = ROOT / "layers" / "realtime-sms" / "realtime_sms"
    spans = re.findall(r"`([\w./-]+\.py|[\w.]+\(\))`", page.prose)
    file = ""
    for span in spans:
        if span.endswith(".py"):
            file = span
        else:
            (path,) = [folder / file for folder in (ROOT, layer) if (folder / file).is_file()]
            name = span.removesuffix("()").rpartition(".")[2]
            assert re.search(rf"^ *(?:def|class) {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE), span


@each_page
def test_every_module_that_is_run_exists(page: Page) -> None:
    """`python -m` is told nothing that cannot be imported."""
    for code in page.code:
        for module in re.findall(r"python -m ([\w.]+)", code):
            assert find_spec(module), module


@each_page
def test_every_command_of_ours_exists(page: Page) -> None:
    """`rtsms` is told nothing that it does not know."""
    named = {command for line in page.shell for command in re.findall(r"(?:^|\| *)rtsms ([a-z]\w*)", line)}
    assert named <= rtsms.commands.keys()


@each_page
def test_the_aws_cli_knows_every_operation_and_option(page: Page) -> None:
    """Each `aws` command names an operation of the service, and only that operation's options."""
    for line in page.shell:
        for service, operation, rest in re.findall(r"\baws (?:--\S+ \S+ )?([a-z0-9-]+) ([a-z0-9-]+)([^|;]*)", line):
            if {service, f"{service} {operation}"} & NOT_OF_THE_API:
                continue
            options = set(re.findall(r"(?:^|\s)--([a-z][a-z0-9-]*)", rest)) - OF_THE_AWS_CLI
            unknown = {option for option in options if option.removeprefix("no-") not in _options(service, operation)}
            assert not unknown, f"aws {service} {operation}"


@cache
def _options(service: str, operation: str) -> frozenset[str]:
    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        pytest.fail(f"no such service: {service}")
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names, f"aws {service} {operation}"
    shape = model.operation_model(names[operation]).input_shape
    return frozenset(xform_name(member, "-") for member in (shape.members if shape else ()))
