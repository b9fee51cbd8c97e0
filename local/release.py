"""Build what a release has, in `.local/release/`: `make release TAG=v1.2.3`.

`files/` gets the wheel of the command, an archive of the built template for each processor, and their checksums;
`notes.md` the section of CHANGELOG.md.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import Final

from local import ROOT, SCRATCH, TEMPLATE
from local.compiled import compile_all

ARCHITECTURES: Final = ("x86_64", "arm64")


class ReleaseError(Exception):
    """This tag cannot be released; the message says why."""


def notes(version: str, changelog: str) -> str:
    """Return the section of a version from the changelog.

    Raises `ReleaseError` if there is none, or none with a date.
    """
    found = re.search(rf"^## {re.escape(version)} \(([^)]*)\)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if not found or not re.fullmatch(r"\d{4}-\d\d-\d\d", found[1]):
        raise ReleaseError(f"CHANGELOG.md needs a section '## {version} (YYYY-MM-DD)'")
    return found[2].strip() + "\n"


def version_of(tag: str, project: str) -> str:
    """Return the version that a tag names. Raises `ReleaseError` if it is not that of the project."""
    version = str(tomllib.loads(project)["project"]["version"])
    if tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag}, but pyproject.toml has version {version}: tag it v{version}")
    return version


def archive(built: Path, target: Path) -> None:
    """Write a folder as a tar archive that depends on nothing but its content."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    with tarfile.open(target, "w:xz") as tar:
        for path in sorted(built.rglob("*")):
            tar.add(path, path.relative_to(built), recursive=False, filter=plain)


def checksums(folder: Path) -> str:
    """Return the SHA-256 of each file in a folder, as `sha256sum --check` reads it."""
    return "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in sorted(folder.iterdir()))


def build(tag: str) -> Path:
    """Build everything; return the folder. Raises `ReleaseError`, or CalledProcessError if a tool fails."""
    version = version_of(tag, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    told = notes(version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    folder = SCRATCH / "release"
    shutil.rmtree(folder, ignore_errors=True)
    files = folder / "files"
    files.mkdir(parents=True)
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", files, ROOT)
    for architecture in ARCHITECTURES:
        built = folder / architecture
        overrides = ("--parameter-overrides", f"Architecture={architecture}")
        _run("sam", "build", "--template-file", TEMPLATE, "--build-dir", built, *overrides)
        compile_all(built)
        archive(built, files / f"realtime-sms-sender-{version}-{architecture}.tar.xz")
    (files / "SHA256SUMS").write_text(checksums(files), encoding="utf-8")
    (folder / "notes.md").write_text(told, encoding="utf-8")
    return folder


def _run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def main(arguments: list[str]) -> int:
    """Build the release of the one argument, a tag; return the exit code."""
    try:
        print(build(*arguments))
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
