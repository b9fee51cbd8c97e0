"""Environments of a function share its unpacked package: this notices when MiniStack unpacks in another way."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core import lambda_runtime

from local.embedded_aws import ministack_child

# MiniStack leaves the pipes of an environment that ends to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PACKAGE = {"shop.py": "def handler(event, context):\n    return event\n", "a/b.txt": "b"}


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, text in PACKAGE.items():
            package.writestr(name, text)
    return file.getvalue()


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Start two environments of one function."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lambda_runtime, "zipfile", zipfile)
    ministack_child._unpack_once()
    arn = "arn:aws:lambda:sa-east-1:000000000000:function:shop"
    config = {"FunctionName": "shop", "FunctionArn": arn, "Runtime": "python3.13", "Handler": "shop.handler"}
    workers = [lambda_runtime.Worker("shop", config, _zipped()) for _ in range(2)]
    yield workers
    lambda_runtime.kill_workers(workers)


def test_environments_share_what_is_unpacked(environments: list[Any], tmp_path: Path) -> None:
    """Both run, on one copy of the package."""
    replies = [one.invoke({"number": number}, str(number)) for number, one in enumerate(environments)]
    assert [reply["result"] for reply in replies] == [{"number": 0}, {"number": 1}]
    (kept,) = (tmp_path / "unpacked").iterdir()
    assert {Path(one._tmpdir, "code").resolve() for one in environments} == {kept}
    assert {name: (kept / name).read_text() for name in PACKAGE} == PACKAGE


def test_an_environment_that_ends_leaves_the_package_to_the_others(environments: list[Any]) -> None:
    """Only the link to it is removed."""
    first, second = environments
    first.invoke({}, "1")
    second.invoke({}, "2")
    lambda_runtime.kill_workers([first])
    assert Path(second._tmpdir, "code", "shop.py").is_file()
