"""Explain an error of the command line in our own words: click's own quote what was typed, which may be an SMS."""

import difflib
from collections.abc import Iterable, Sequence

import click

from rtsms.errors import CommandError, Exit


class OurType(click.ParamType):
    """A type of an option that says what its value must be; `expected` follows the name of the option."""

    expected = "is not valid"


def usage_error(error: click.ClickException, arguments: Sequence[str], commands: click.Group) -> CommandError:
    """Return what is wrong with the arguments of the command; names are quoted only if they are ours."""
    context: click.Context | None = getattr(error, "ctx", None)
    path = context.command_path if context else "rtsms"
    if isinstance(error, click.BadOptionUsage) and not isinstance(error, click.NoSuchOption):
        option = error.option_name if error.option_name in _options(commands) else "an option"
        what = f"{option} has no value, or has one and takes none"
    else:
        what = _explain(error, context, arguments)
    return CommandError(Exit.USAGE, path, what, to_do=f"{path} --help")


def _explain(error: click.ClickException, context: click.Context | None, arguments: Sequence[str]) -> str:
    what = "it does not take so many arguments: put a text that has spaces into quotation marks"
    match error:
        case click.NoSuchOption():
            what = "there is no option of this name" + _did_you_mean(error.possibilities or ())
        case click.MissingParameter():
            what = f"{_name(error.param)} is missing"
        case click.BadParameter():
            what = f"{_name(error.param)} {_expected(error.param)}"
        case click.FileError():
            what = "a file cannot be opened"
        case _ if context and isinstance(context.command, click.Group):
            what = "there is no command of this name" + _did_you_mean(_near(arguments, context.command.commands))
    return what


def _did_you_mean(names: Iterable[str]) -> str:
    found = ", ".join(sorted(names))
    return f"; did you mean {found}?" if found else ""


def _near(typed: Iterable[str], names: Iterable[str]) -> set[str]:
    names = list(names)
    return {name for one in typed for name in difflib.get_close_matches(one, names, 1)}


def _name(param: click.Parameter | None) -> str:
    if param is None:
        return "an option"
    return param.opts[0] if isinstance(param, click.Option) else param.human_readable_name


def _options(command: click.Command) -> set[str]:
    """Return the options of a command and of all below it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return {option for param in command.params for option in param.opts}.union(*map(_options, below))


def _expected(param: click.Parameter | None) -> str:
    match param and param.type:
        case OurType() as ours:
            return ours.expected
        case click.Choice() as choice:
            return f"must be one of {', '.join(f"'{one}'" for one in choice.choices)}"
        case click.IntRange() as numbers:
            return f"must be a whole number{_range(numbers.min, numbers.max)}"
        case click.FloatRange() as numbers:
            return f"must be a number{_range(numbers.min, numbers.max)}"
        case click.File() | click.Path():
            return "must be a file that exists and can be read, and no folder"
    return OurType.expected


def _range(least: float | None, most: float | None) -> str:
    return (f" of at least {least:g}" if least is not None else "") + (
        f", at most {most:g}" if most is not None else ""
    )
