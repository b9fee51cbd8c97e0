"""`rtsms optout import`: put every number of a CSV or Excel file on the opt-out list."""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

import click
from rich import progress as bars

from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.requests.recipients import parse_number
from realtime_sms.requests.written_number import Refused
from realtime_sms.vocabulary import OptOutScope
from rtsms.bulk.columns import clean_name, label, number_column, quote_columns, quote_name
from rtsms.bulk.reading import COUNTS, FILE, open_sheet, print_bad_rows, show_progress, table_options
from rtsms.bulk.sheet import Row, Sheet, Unusable
from rtsms.bulk.validation import BadRow
from rtsms.errors import CommandError, Exit
from rtsms.options import Value, json_option, stack_options
from rtsms.output import Output, plural
from rtsms.stack import Stack

_SOURCE = "import"
_READ = 100  # numbers of one look-up
scope_option = click.option(
    "--scope",
    type=click.Choice(list(OptOutScope)),
    default=OptOutScope.ALL,
    show_default=True,
    help="promotional: transactional messages are still sent.",
)


@dataclass
class _Found:
    """The numbers of a file (E.164), each once, and the counts of its rows and bad rows."""

    numbers: dict[str, None] = field(default_factory=dict, repr=False)
    rows: int = 0
    bad: int = 0

    @property
    def repeated(self) -> int:
        """Count the good rows with the number of an earlier row."""
        return self.rows - self.bad - len(self.numbers)


@click.command("import")
@click.argument("file", type=FILE)
@scope_option
@table_options
@click.option("--dry-run", is_flag=True, help="Check the file and the list, and change nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Add the good rows even if there are bad ones.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--at-once", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel calls to DynamoDB.")
@json_option
@stack_options
def command(  # noqa: PLR0913 (one for each option)
    *,
    stack: Stack,
    out: Output,
    file: Path,
    scope: str,
    dry_run: bool,
    skip_bad_rows: bool,
    yes: bool,
    at_once: int,
    **options: Value,
) -> int:
    """Add the numbers of a CSV or Excel FILE.

    The first row names the columns. The whole file is checked before anything is changed. Entries that are on the list
    stay; with --scope all, those for promotional messages become entries for all messages. It is safe to repeat.
    """
    opt_outs, wanted = stack.opt_outs(at_once), OptOutScope(scope)
    found = _read(out, file, stack.defaults.region, options)
    if found.bad and not skip_bad_rows:
        out.result(_document(found), *_lines(file, found))
        out.text("\nNothing was changed. Correct these rows, or leave them out with --skip-bad-rows.")
        return Exit.USAGE
    listed = _listed(out, opt_outs, list(found.numbers))
    left = [one for one in found.numbers if listed.get(one) not in {wanted, OptOutScope.ALL}]
    new = sum(one not in listed for one in left)
    plan = {"toAdd": new, "toWiden": len(left) - new, "listed": len(found.numbers) - len(left)}
    out.result(_document(found) | plan, *_lines(file, found), *_plan(plan))
    if dry_run or not left:
        return Exit.DONE
    question = f"Opt {plural(len(left), 'number')} out?"
    if not yes and not out.confirm(question, option="--yes or --dry-run"):
        out.text("Nothing was changed.")
        return Exit.DONE
    _add(out, opt_outs, left, wanted, at_once)
    done = {"type": "imported", "added": new, "widened": plan["toWiden"], "before": plan["listed"]}
    out.result(done, f"{plural(len(left), 'number')} opted out")
    return Exit.DONE


def _read(out: Output, path: Path, region: str, options: Mapping[str, Value]) -> _Found:
    """Read and check a whole file, and print its notes and bad rows."""
    sheet, to_column = open_sheet(out, path, options), options["to_column"]
    column = clean_name(to_column) if to_column else number_column(sheet.columns)
    if column not in sheet.columns:
        what = f"no column is called {quote_name(column)}; the columns are {quote_columns(sheet.columns)}"
        raise CommandError(Exit.USAGE, "FILE", what)
    found = _Found()
    print_bad_rows(out, _check(sheet, column, region, found), options["show"])
    return found


def _check(sheet: Sheet, column: str, region: str, found: _Found) -> Iterator[BadRow]:
    """Read the numbers into `found`, and yield bad rows."""
    for found.rows, row in enumerate(sheet.rows(), 1):
        number = _number(sheet, column, region, row)
        if isinstance(number, BadRow):
            found.bad += 1
            yield number
        else:
            found.numbers[number] = None


def _number(sheet: Sheet, column: str, region: str, row: Row) -> str | BadRow:
    if len(row.fields) != len(sheet.columns):
        why = f"it has {len(row.fields)} fields, but the first line has {len(sheet.columns)}"
        return BadRow(row.line, why)
    written, name = row.fields[sheet.columns.index(column)], label(column, sheet.columns)
    if isinstance(written, Unusable):
        return BadRow(row.line, f"{name}: {written}")
    number = parse_number(written.strip(), region)
    return BadRow(row.line, f"{name}: {number.why}") if isinstance(number, Refused) else number


def _listed(out: Output, opt_outs: OptOuts, numbers: list[str]) -> dict[str, OptOutScope]:
    """Return the scopes of the numbers that are on the list already."""
    listed: dict[str, OptOutScope] = {}
    with show_progress(out, bars.TextColumn("reading the list"), *COUNTS, transient=True) as progress:
        task = progress.add_task("reading", total=len(numbers))
        for some in batched(numbers, _READ, strict=False):
            listed |= opt_outs.find(some)
            progress.advance(task, len(some))
    return listed


def _add(out: Output, opt_outs: OptOuts, numbers: Iterable[str], scope: OptOutScope, at_once: int) -> None:
    """Add numbers in parallel; a number that cannot be added ends the command."""
    left, now = list(numbers), time.time()

    def add(number: str) -> None:
        opt_outs.add(number, source=_SOURCE, now=now, scope=scope)

    pool = ThreadPoolExecutor(at_once)
    try:
        with show_progress(out, bars.TextColumn("adding"), *COUNTS) as progress:
            task = progress.add_task("adding", total=len(left))
            for some in batched(left, _READ, strict=False):
                list(pool.map(add, some))
                progress.advance(task, len(some))
    finally:
        pool.shutdown(cancel_futures=True)


def _document(found: _Found) -> dict[str, object]:
    return {
        "type": "checked",
        "rows": found.rows,
        "good": found.rows - found.bad,
        "bad": found.bad,
        "repeatedNumbers": found.repeated,
    }


def _lines(file: Path, found: _Found) -> Iterator[str]:
    repeated = f"; {found.repeated:,} repeat the number of an earlier row" if found.repeated else ""
    yield f"{file.name}: {plural(found.rows, 'row')}, {found.rows - found.bad:,} good, {found.bad:,} bad{repeated}"
    if not found.rows:
        yield "warning: the file has column names, but no rows"


def _plan(plan: Mapping[str, int]) -> Iterator[str]:
    widened = f", {plan['toWiden']:,} to change from promotional to all messages" if plan["toWiden"] else ""
    yield f"{plural(plan['toAdd'], 'number')} to add{widened}, {plan['listed']:,} on the list already"
