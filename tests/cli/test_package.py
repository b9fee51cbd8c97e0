"""The wheel has the command and the layer's package, and nothing else."""

import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("pyproject.toml", "README.md", "cli", "layers/realtime-sms")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, which the build writes into."""
    checkout, built = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for source in SOURCES:
        there = checkout / source
        there.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, there)
    build = "from setuptools.build_meta import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(built)], cwd=checkout, check=True, capture_output=True)
    (found,) = built.iterdir()
    return found


def test_the_installed_command_runs_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Every module that it imports is in the wheel."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    run = "import sys; from rtsms.main import main; main(['preview', 'hola', '--json'])"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", run], env=environment, cwd=tmp_path, check=True, capture_output=True)
    assert b'"segments": 1' in ran.stdout


def test_the_wheel_has_two_packages_and_lists_their_requirements(wheel: Path) -> None:
    """The functions are deployed, not installed."""
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    assert {name.split("/")[0] for name in names if name.endswith(".py")} == {"realtime_sms", "rtsms"}
    (metadata,) = (name for name in names if name.endswith("METADATA"))
    needed = message_from_string(archive.read(metadata).decode()).get_all("Requires-Dist", [])
    listed = [ROOT / "layers/realtime-sms/requirements.in", ROOT / "cli/requirements.in"]
    lines = [line.split("#")[0].strip() for file in listed for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(needed) == len([line for line in lines if line])
