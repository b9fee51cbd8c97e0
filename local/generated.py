"""Files that are made from the code.

`python -m local.generated` writes them; with `--check` it fails and names those that are out of date. To add one, add
its path and the function that makes its text to `GENERATED`.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from api import description
from local import ROOT, parameter_docs
from local.fake_realtime import magic_rows
from local.pages import page
from realtime_sms.outcomes import event, opt_out, received
from realtime_sms.outcomes.state_machine import TRANSITIONS, mermaid
from realtime_sms.requests import model
from realtime_sms.vocabulary import FINAL


def state_machine() -> str:
    """Return the page that draws and lists the transitions of a submission."""
    final = ", ".join(f"`{status}`" for status in sorted(FINAL))
    return page("state-machine.md", diagram=mermaid().rstrip("\n"), final=final, transitions=TRANSITIONS)


def _schema(schema: dict[str, Any]) -> str:
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/openapi.json": description.text,
    "docs/opt-out-event.schema.json": lambda: _schema(opt_out.json_schema()),
    "docs/outcome-event.schema.json": lambda: _schema(event.json_schema()),
    "docs/parameters.md": parameter_docs.parameters,
    "docs/roles.md": parameter_docs.roles,
    "docs/received-event.schema.json": lambda: _schema(received.json_schema()),
    "docs/send-request.schema.json": lambda: _schema(model.json_schema()),
    "docs/simulator.md": lambda: page("simulator.md", numbers=magic_rows()),
    "docs/state-machine.md": state_machine,
}


def write(root: Path) -> list[str]:
    """Write the files that are out of date; return their paths."""
    stale = out_of_step(root)
    for path in stale:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(GENERATED[path](), encoding="utf-8")
    return stale


def out_of_step(root: Path) -> list[str]:
    """Return the paths of the files that are missing or differ from what the code makes now."""
    files = ((path, root / path, make) for path, make in GENERATED.items())
    return [path for path, file, make in files if not file.is_file() or file.read_bytes() != make().encode()]


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Write the files, or check them with `--check`; return the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m local.generated [--check]", file=sys.stderr)
        return 2
    if not arguments:
        for path in write(root):
            print(f"written: {path}")
        return 0
    stale = out_of_step(root)
    for path in stale:
        print(f"out of date: {path} (write it with: make generated)", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
