"""`rtsms optout`: show and change the list of numbers that get no SMS.

A command shows the number that it acted on whole, so that the operator sees whether it is the right one. Errors and
`list` show masked numbers.
"""

import re
import time
from collections.abc import Iterator
from itertools import islice

import click

from realtime_sms.aws.forgotten import PREFIX
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.outcomes.opt_out import OptOut, to_json
from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import OptOutScope
from rtsms import optout_import
from rtsms.errors import CommandError, Exit
from rtsms.options import combine, json_option, parse_number, show_numbers_option, stack_options
from rtsms.optout_import import scope_option
from rtsms.output import Output, plural
from rtsms.stack import Stack

_SOURCE = "operator"
_PAGE = 100
_list_options = combine(show_numbers_option, json_option, stack_options)
_number_options = combine(
    click.argument("number"),
    click.option(
        "--show-numbers", is_flag=True, hidden=True, expose_value=False
    ),  # of earlier versions: it is shown anyway
    json_option,
    stack_options,
)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@click.group("optout")
def command() -> None:
    """Manage the opt-out list: numbers that get no SMS."""


command.add_command(optout_import.command)


@command.command("add")
@scope_option
@_number_options
def add(*, stack: Stack, out: Output, number: str, scope: str) -> None:
    """Add a NUMBER.

    If it is on the list already, only the scope of its entry changes.
    """
    found, given = parse_number(number, stack), OptOutScope(scope)
    entry = _opt_outs(stack).add(found, source=_SOURCE, now=time.time(), scope=given, narrow=True)
    _print(out, entry, "added")


@command.command("remove")
@_number_options
def remove(*, stack: Stack, out: Output, number: str) -> None:
    """Remove a NUMBER.

    A number in E.164 is not normalised, so that an old entry can be removed as `rtsms optout list` shows it.
    """
    listed = number if _E164.fullmatch(number) else parse_number(number, stack)
    _print(out, _found(_opt_outs(stack).remove(listed), listed), "removed")


@command.command("show")
@_number_options
def show(*, stack: Stack, out: Output, number: str) -> None:
    """Show the entry of a NUMBER: its source, time and scope."""
    opt_outs = _opt_outs(stack)
    as_written = opt_outs.get(number) if _E164.fullmatch(number) else None
    parsed = number if as_written else parse_number(number, stack)
    _print(out, _found(as_written or opt_outs.get(parsed), parsed))


@command.command("list")
@click.option("--limit", type=click.IntRange(1), help="List at most this many numbers.")
@_list_options
def list_(*, stack: Stack, out: Output, limit: int | None, show_numbers: bool) -> None:
    """List the numbers in ascending order.

    Numbers that were forgotten come last, each as `forgotten:` and a hash.
    """
    count = 0
    for entry in islice(_all_entries(_opt_outs(stack)), limit):
        _print(out, entry, show_numbers=show_numbers)
        count += 1
    out.text(plural(count, "number"))


def _opt_outs(stack: Stack) -> OptOuts:
    return stack.opt_outs()


def _all_entries(opt_outs: OptOuts) -> Iterator[OptOut]:
    after = ""
    while page := opt_outs.page(after, _PAGE):
        yield from page
        after = page[-1].number


def _found(entry: OptOut | None, number: str) -> OptOut:
    if entry is None:
        raise CommandError(Exit.NOT_FOUND, "opt-out list", f"{mask(number)} is not on it")
    return entry


def _print(out: Output, entry: OptOut, *done: str, show_numbers: bool = True) -> None:
    number = entry.number if show_numbers or entry.number.startswith(PREFIX) else mask(entry.number)
    document = to_json(entry) | {"number": number}
    *shown, scope = document.values()
    some = ["promotional only"] if scope == OptOutScope.PROMOTIONAL else []
    out.result(document, "  ".join([*shown, *some, *done]))
