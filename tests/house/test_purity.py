"""The pure rooms of the layer have no I/O, and imports go down: checked by reading the code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import realtime_sms

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "realtime-sms" / "realtime_sms"
EDGE = {"client.py", "connect.py"}  # of the room `provider`: the one HTTP call
PURE_ROOMS = ("encoding", "requests", "provider", "outcomes")
MODULES = [one for room in PURE_ROOMS for one in sorted((PACKAGE / room).glob("*.py")) if one.name not in EDGE]
ROOMS = ("aws", "outcomes", "provider", "requests", "encoding", "vocabulary")
FUNCTIONS = {one.parent.name for one in ROOT.glob("functions/*/handler.py")}
UPSTAIRS = FUNCTIONS | {"rtsms", "local", "bench", "tests"}
IMPURE = {  # libraries of AWS and HTTP, sockets, files, chance and clocks, logs and threads
    *("aiohttp", "aws_lambda_powertools", "boto3", "botocore", "httpx", "requests", "urllib.request", "urllib3"),
    *("asyncio", "ftplib", "http.client", "http.server", "select", "selectors", "smtplib", "socket", "socketserver"),
    *("fileinput", "glob", "io", "mmap", "os", "pathlib", "platform", "shutil", "ssl", "subprocess", "sys", "tempfile"),
    *("random", "secrets", "time", "uuid"),
    *("logging", "multiprocessing", "signal", "threading"),
}
CLOCKS = {"now", "utcnow", "today"}
DOORS = {"breakpoint", "eval", "exec", "input", "open", "print"}


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def impurities(source: str) -> list[str]:
    """Return what in a module's source is not pure."""
    tree = ast.parse(source)
    found = [name for name in imports(tree) if any(f"{name}.".startswith(f"{banned}.") for banned in IMPURE)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            found.append(f".{node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DOORS:
            found.append(f"{node.func.id}()")
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: f"{module.parent.name}-{module.stem}")
def test_no_module_of_the_core_reaches_outside(module: Path) -> None:
    """It has no AWS, socket, clock, environment, file, random number, log or thread."""
    assert impurities(module.read_text()) == []


@pytest.mark.parametrize(
    "module", sorted(PACKAGE.glob("*/*.py")), ids=lambda module: f"{module.parent.name}-{module.stem}"
)
def test_every_import_goes_down(module: Path) -> None:
    """A room imports itself and the rooms below it; nothing imports the functions, the command or local code."""
    below = ROOMS[ROOMS.index(module.parent.name) :]
    for name in imports(ast.parse(module.read_text())):
        package, _, rest = name.partition(".")
        assert package not in UPSTAIRS, name
        assert package != "realtime_sms" or rest.split(".")[0] in below, name


@pytest.mark.parametrize(
    "module",
    [*sorted(ROOT.glob("functions/*/*.py")), *sorted(ROOT.glob("cli/rtsms/**/*.py"))],
    ids=lambda module: f"{module.parent.name}-{module.stem}",
)
def test_no_function_imports_another(module: Path) -> None:
    """A function and the command import themselves and the layer; none imports local code or tests."""
    own = module.relative_to(ROOT).parts[1]
    assert {name for name in imports(ast.parse(module.read_text())) if name.split(".")[0] in UPSTAIRS - {own}} == set()


def test_there_are_functions_to_look_at() -> None:
    """The rules above have modules to check."""
    assert {"send", "api", "callbacks", "refresh", "maintenance", "announce"} == FUNCTIONS


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import os.path as p",
        "from os import environ",
        "from urllib import request",
        "def f():\n    import boto3.session",
        "datetime.now(UTC)",
        "date.today()",
        "open('x')",
    ],
)
def test_the_reader_sees_what_it_must(source: str) -> None:
    """The check can find something."""
    assert impurities(source)


@pytest.mark.parametrize(
    "source", ["from datetime import UTC, datetime", "from urllib.parse import quote", "import re"]
)
def test_the_reader_lets_types_and_pure_functions_pass(source: str) -> None:
    """Types of times are no clock."""
    assert impurities(source) == []


def test_importing_the_package_loads_none_of_it() -> None:
    """A function that needs one module loads only that one."""
    program = (
        "import sys; before = set(sys.modules); import realtime_sms; "
        "print([name for name in sys.modules if name.startswith(('realtime_sms.', 'pydantic', 'phonenumbers'))]); "
        "from realtime_sms.encoding import gsm7; "
        "print(realtime_sms.split('a'), 'realtime_sms.encoding.transliterate' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["[]", "['a'] False"]


def test_the_package_offers_the_codec_and_nothing_unknown() -> None:
    """The public names exist, and an unknown one fails as in any module."""
    assert all(hasattr(realtime_sms, name) for name in realtime_sms.__all__)
    assert not hasattr(realtime_sms, "encrypt")
