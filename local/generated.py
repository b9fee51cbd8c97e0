"""Files that are made from the code.

`python -m local.generated` writes them; with `--check` it fails and names those that are out of date. To add one, add
its path and the function that makes its text to `GENERATED`.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from api import openapi
from local import ROOT, parameter_docs
from local.fake_realtime import magic_rows
from realtime_sms.outcomes import event
from realtime_sms.outcomes.state_machine import TRANSITIONS, Transition, mermaid
from realtime_sms.requests import model
from realtime_sms.vocabulary import FINAL

_STATE_MACHINE = """\
# The states of a submission

Made from the table in `realtime_sms/outcomes/state_machine.py` by `python -m local.generated`.

```mermaid
{diagram}
```

Final, so that the queue message may be acknowledged: {final}.

| From | By what | To | By whom | Only if |
|---|---|---|---|---|
{rows}
"""
_MAGIC_NUMBERS = """\
# The simulator's magic numbers

Made from the table in `local/fake_realtime/magic.py` by `python -m local.generated`.

`make demo` and `make local` send to a simulator of RealTime on this machine. The recipients in this table choose the
result of the call. Every other number works, for example `+56900000000`.

*Accepted* means that the message reaches the simulated handset, whatever the caller is told.

Under `make local` the simulator posts a delivery report for each accepted message by itself: the one in the table, or
else 1 (delivered). `make demo` requests its reports.

| Number | Name of the outcome | What happens |
|---|---|---|
{rows}
"""


def state_machine() -> str:
    """Return the page that draws and lists the transitions of a submission."""
    final = ", ".join(f"`{status}`" for status in sorted(FINAL))
    rows = "\n".join(map(_row, TRANSITIONS))
    return _STATE_MACHINE.format(diagram=mermaid().rstrip("\n"), final=final, rows=rows)


def _row(row: Transition) -> str:
    source = f"`{row.source}`" if row.source else "*absent*"
    return f"| {source} | {row.trigger} | `{row.target}` | {row.by} | {row.only_if} |"


def magic_numbers() -> str:
    """Return the page that lists the simulator's magic numbers."""
    rows = (f"| `{number}` | `{name}` | {meaning} |" for number, name, meaning in magic_rows())
    return _MAGIC_NUMBERS.format(rows="\n".join(rows))


def _schema(schema: dict[str, Any]) -> str:
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/openapi.json": openapi.text,
    "docs/outcome-event.schema.json": lambda: _schema(event.json_schema()),
    "docs/parameters.md": parameter_docs.parameters,
    "docs/roles.md": parameter_docs.roles,
    "docs/send-request.schema.json": lambda: _schema(model.json_schema()),
    "docs/simulator.md": magic_numbers,
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
    return [path for path, make in GENERATED.items() if _text(root / path) != make()]


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


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
