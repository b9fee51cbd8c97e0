"""`make acceptance` and `make acceptance-clean`."""

import argparse
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from local import ROOT
from local.embedded_aws import SamError
from tests.acceptance.account import Account, NoAccountError
from tests.acceptance.deploying import NotOursError, deploy, refuse_unless_ours, remove, runs

_FOLDERS = ("tests/stack/functions", "tests/stack/callers")
_CHOSEN = "acceptance or (stack and not embedded)"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")


def main() -> int:
    """Run the tests, or clean up after runs that could not; return the exit status."""
    parser = argparse.ArgumentParser(prog="make acceptance", description=__doc__)
    parser.add_argument("--stack", default="", help="embedded, or a name for the stack that is made")
    parser.add_argument("--region", default="", help="the account's region")
    parser.add_argument("--clean", action="store_true", help="remove what runs left, and run nothing")
    parser.add_argument("--hours", type=float, default=0, help="with --clean: only runs that began so long ago")
    given = parser.parse_args()
    if given.stack == "embedded":
        return _tests({}, "tests/acceptance", "-n", "2")
    if not given.region or not (given.clean or _NAME.fullmatch(given.stack)):
        parser.error("give STACK (embedded, or up to 20 small letters, digits and hyphens) and REGION")
    try:
        account = Account.of(given.region)
        return _clean(account, timedelta(hours=given.hours)) if given.clean else _run(account, given.stack)
    except (NoAccountError, NotOursError, SamError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _run(account: Account, name: str) -> int:
    """Deploy, test, and remove all of it, also when this is interrupted."""
    refuse_unless_ours(account.session(), name)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.stdout.write(f"Deploying {name} and RealTime's simulator in {account.region} …\n")
        sys.stdout.flush()
        deploy(account, name)
        variables = {**account.environment, "ACCEPTANCE_STACK": name}
        return _tests(variables)
    finally:
        _remove(account, name)


def _tests(variables: dict[str, str], *options: str) -> int:
    """Run the tests that hold on both, and say what differs between the two."""
    command = [sys.executable, "-m", "pytest", *_FOLDERS, "-m", _CHOSEN, *options]
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False).returncode
    sys.stdout.write(Path(__file__).with_name("differences.txt").read_text(encoding="utf-8"))
    return status


def _clean(account: Account, older_than: timedelta) -> int:
    return max((_remove(account, run) for run in runs(account.session(), older_than)), default=0)


def _remove(account: Account, run: str) -> int:
    sys.stdout.write(f"Removing what the run {run} made …\n")
    left = remove(account, run)
    sys.stdout.write("".join(f"not removed: {one}\n" for one in left))
    if left:
        sys.stdout.write("Try again: make acceptance-clean\n")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
