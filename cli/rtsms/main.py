"""`rtsms`: the command for people who operate a deployment."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

import click

from rtsms import cancel, forget, lanes, optout, preview, redrive, resend, send, status, usage, watch
from rtsms.bad_arguments import usage_error
from rtsms.bulk import command as bulk
from rtsms.doctor import command as doctor
from rtsms.errors import AWS_ERRORS, CommandError, Exit, aws_error
from rtsms.output import print_error

_NAME = "rtsms"


class Rtsms(click.Group):
    """The group of all commands; every error ends here, as text or JSON and with an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 (click's own signature)
        **extra: Any,  # noqa: ANN401 (likewise)
    ) -> Any:  # noqa: ANN401 (likewise)
        """Run a command and exit with its exit code."""
        if args is None:
            sys.excepthook = _print_bug
        arguments = sys.argv[1:] if args is None else list(args)
        try:
            code = super().main(arguments, prog_name or _NAME, complete_var, standalone_mode=False, **extra)
        except (click.Abort, KeyboardInterrupt, click.ClickException, *AWS_ERRORS, OSError) as error:
            failure = _command_error(error, arguments, self)
            print_error(failure, as_json="--json" in arguments)
            code = failure.exit_code
        if standalone_mode:
            sys.exit(int(code or 0))
        return code


def _command_error(error: BaseException, arguments: Sequence[str], commands: click.Group) -> CommandError:
    match error:
        case CommandError():
            return error
        case click.ClickException():
            return usage_error(error, arguments, commands)
        case click.Abort() | KeyboardInterrupt():
            return CommandError(Exit.INTERRUPTED, _NAME, "interrupted")
        case OSError():  # of this machine: a full disk, a deleted file
            what = os.strerror(error.errno) if error.errno else type(error).__name__
            return CommandError(Exit.FAILED, "this machine", what, to_do="correct that, and run the command again")
        case _:
            return aws_error(error)


def _print_bug(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """Print where an error of the program itself arose; its own text may quote anything."""
    *_, last = traceback.extract_tb(trace)
    place = f"{os.path.basename(last.filename)}, line {last.lineno}"  # noqa: PTH119 (a name, not a path)
    what = f"{kind.__name__} in {place}: this is a defect of the command"
    print_error(CommandError(Exit.FAILED, _NAME, what, to_do="report it"), as_json=False)


def _version() -> str:
    try:
        return version("realtime-sms-sender")
    except PackageNotFoundError:
        return "of this checkout"


@click.group(_NAME, cls=Rtsms, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version())
def main() -> None:
    """Operate a deployment of the RealTime SMS sender.

    Every command takes --json. Exit codes: 0 done; 1 completed, with failures; 2 invalid input, nothing was done; 3 not
    found; 4 AWS refused the call, or did not answer; 5 timeout; 130 interrupted.
    """


for _module in (preview, send, status, cancel, bulk, watch, doctor, redrive, resend, optout):
    main.add_command(_module.command)
for _command in (usage.command, forget.export, forget.forget, lanes.pause, lanes.resume):
    main.add_command(_command)
