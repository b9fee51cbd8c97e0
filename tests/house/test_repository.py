"""What holds for the tracked files together: their names of machines, their size, their number of lines."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 100_000  # bytes
TOOLS = ("bench", "local")
PRODUCT = ("functions", "layers", "cli")
PICTURES = {".gif", ".jpg", ".png", ".webp"}
MAY_BE_LARGE = {
    "local/requirements.txt": "a pinned list: every package with every hash",
}
NAMES_A_MACHINE = re.compile(r"(?<![\w.$}~/-])/(?:home|root|tmp|Users|work)/[\w.]")
NAMES_AN_INDEX = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|yarnpkg[.]com|--(?:extra-)?index-url|--find[-]links",
    re.IGNORECASE,
)


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _texts() -> Iterator[tuple[str, str]]:
    for path in _tracked():
        if path.suffix not in PICTURES:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")


def _lines(pattern: re.Pattern[str], text: str) -> list[str]:
    return [line.strip()[:120] for line in text.splitlines() if pattern.search(line)]


@pytest.mark.parametrize("pattern", [NAMES_A_MACHINE, NAMES_AN_INDEX], ids=["a machine", "a package index"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    """A path or an index of one machine does not work on another."""
    assert {name: found for name, text in _texts() if (found := _lines(pattern, text))} == {}


def test_no_file_is_large() -> None:
    """Except pictures, and files with a reason."""
    large = {str(one.relative_to(ROOT)) for one in _tracked() if one.stat().st_size > LARGEST}
    assert {name for name in large if Path(name).suffix not in PICTURES} - MAY_BE_LARGE.keys() == set()


def test_requirements_are_pinned_without_a_lock_file_of_uv() -> None:
    """A lock file of uv names the index that it was made with."""
    assert [path.name for path in _tracked() if path.name == "uv.lock"] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (NAMES_A_MACHINE, "see /ho" + "me/ann/project"),
        (NAMES_A_MACHINE, "'/ro" + "ot/.config'"),
        (NAMES_A_MACHINE, "rm -rf /tm" + "p/build"),
        (NAMES_AN_INDEX, "https://py" + "pi.org/simple"),
        (NAMES_AN_INDEX, "https://registry.npm" + "js.org/left-pad"),
        (NAMES_AN_INDEX, "--index-" + "url https://example.org"),
    ],
)
def test_the_search_finds_what_it_must(pattern: re.Pattern[str], line: str) -> None:
    """The search can find something."""
    assert _lines(pattern, line)


@pytest.mark.parametrize(
    "line",
    ["$HOME/work/x", "https://example.org/home/x", "docs/work/page.md", "uv pip compile --no-emit-index-" + "url"],
)
def test_the_search_passes_over_the_rest(line: str) -> None:
    """Paths below a variable, a host or a folder are no machine's."""
    assert not _lines(NAMES_A_MACHINE, line) + _lines(NAMES_AN_INDEX, line)


def test_bench_and_local_tools_are_at_most_half_of_the_product() -> None:
    """Counted in lines of Python, with blank lines and docstrings."""
    lines = Counter[str]()
    for path in _tracked():
        if path.suffix == ".py":
            lines[path.relative_to(ROOT).parts[0]] += path.read_text(encoding="utf-8").count("\n")
    tools, product = (sum(lines[name] for name in names) for names in (TOOLS, PRODUCT))
    assert 0 < tools <= product / 2, f"{tools:,} lines of tools, {product:,} of the product"
