"""A release has its tag's version, its section of the changelog, and archives that depend on their content alone."""

import os
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from local import ROOT, release
from local.compiled import compile_all
from local.release import ReleaseError, archive, checksums, notes, version_of

CHANGELOG = """# Changes

## 1.1.0 (unreleased)

- later

## 1.0.0 (2026-12-01)

### API

- first

## 0.9.0 (2026-11-01)

- before
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    """With its subsections, without its title."""
    assert notes("1.0.0", CHANGELOG) == "### API\n\n- first\n"
    assert notes("0.9.0", CHANGELOG) == "- before\n"


@pytest.mark.parametrize("version", ["1.1.0", "1.2.0", "1.0"])
def test_a_version_without_a_dated_section_is_not_released(version: str) -> None:
    """The message says what to write."""
    with pytest.raises(ReleaseError, match=rf"## {version} \(YYYY-MM-DD\)"):
        notes(version, CHANGELOG)


def test_the_tag_names_the_version_of_the_project() -> None:
    """Another tag is refused."""
    project = '[project]\nversion = "1.0.0"\n'
    assert version_of("v1.0.0", project) == "1.0.0"
    with pytest.raises(ReleaseError, match=r"tag it v1\.0\.0"):
        version_of("v1.0.1", project)


def test_an_archive_depends_on_its_content_alone(tmp_path: Path) -> None:
    """Not on times, owners, or the order of files. It has what was compiled."""
    for number, name in enumerate(("one", "two")):
        folder = tmp_path / name
        (folder / "code").mkdir(parents=True)
        for file in ("b.py", "a.py")[:: 1 if number else -1]:
            (folder / "code" / file).write_text("one = 1", encoding="utf-8")
            os.utime(folder / "code" / file, (number, number))
        compile_all(folder)
        archive(folder, tmp_path / f"{name}.tar.xz")
    assert (tmp_path / "one.tar.xz").read_bytes() == (tmp_path / "two.tar.xz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.xz") as tar:
        compiled = [f"code/__pycache__/{name}.cpython-313.pyc" for name in "ab"]
        assert tar.getnames() == ["code", "code/__pycache__", *compiled, "code/a.py", "code/b.py"]


def test_what_is_released_is_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `make build` does it."""

    def run(command: str, *arguments: str | Path) -> None:
        if command == "sam":
            built = Path(arguments[arguments.index("--build-dir") + 1])
            built.mkdir()
            (built / "a.py").write_text("one = 1", encoding="utf-8")

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    monkeypatch.setattr(release, "_run", run)
    monkeypatch.setattr(release, "SCRATCH", tmp_path)
    monkeypatch.setattr(release, "notes", lambda _version, _changelog: "")
    folder = release.build(f"v{version}")
    for name in release.ARCHITECTURES:
        with tarfile.open(folder / "files" / f"realtime-sms-sender-{version}-{name}.tar.xz") as tar:
            assert "__pycache__/a.cpython-313.pyc" in tar.getnames()


def test_the_checksums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    """A changed file is found."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "wheel").write_bytes(b"1")
    (tmp_path / "SHA256SUMS").write_text(checksums(tmp_path / "files"), encoding="utf-8")
    command = ["sha256sum", "--check", "--status", "../SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path / "files", check=False).returncode == 0
    (tmp_path / "files" / "wheel").write_bytes(b"2")
    assert subprocess.run(command, cwd=tmp_path / "files", check=False).returncode == 1
