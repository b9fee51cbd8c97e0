"""The shell blocks of the pages, except those marked as run by hand.

Those build, deploy or remove, replace a secret that other tests use, need Docker, or take minutes. Other tests run the
examples of docs/sending.md and the commands of docs/operations.md.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests.docs.page import Page, pages
from tests.stack.deployment import Deployment
from tests.stack.examples import environment, execute

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

ELSEWHERE = {"docs/sending.md", "docs/operations.md"}
PAGES = [page for page in pages() if page.tested_shell and str(page) not in ELSEWHERE]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_commands_of_a_page_run(deployed: Deployment, page: Page, tmp_path: Path) -> None:
    """They run in the page's order, with the variables of `source .local/env`."""
    script = "\n".join(page.tested_shell)
    variables = {**environment(deployed), "HOME": os.devnull}
    execute(str(page), ["bash", "-euo", "pipefail", "-c", script], variables, tmp_path)


def test_the_watchs_answer_is_as_shown(deployed: Deployment) -> None:
    """Each page that shows it has the fields that the function returns."""
    texts = [page.text for page in pages()]
    starts = [(text, found.start()) for text in texts for found in re.finditer(r'\{"ended"', text)]
    shown = [json.JSONDecoder().raw_decode(text, start)[0] for text, start in starts]
    answered = deployed.invoke("MaintenanceFunctionName")
    assert shown
    for answer in shown:
        assert answer.keys() == answered.keys()
        assert answer["looked"].keys() == answered["looked"].keys()
