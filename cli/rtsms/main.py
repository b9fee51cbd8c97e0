"""`rtsms`: the command for people who operate a deployment."""

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.producer import QueueUnavailableError
from realtime_sms.aws.submissions import StoreUnavailableError
from rtsms.aws_fault import cause_of, explained
from rtsms.commands import bulk, doctor, optout, preview, redrive, resend, send, status, watch
from rtsms.fault import Exit, Fault
from rtsms.output import tell_fault

_NAME = "rtsms"


class Rtsms(click.Group):
    """The group of all commands, with one end for every error: in words or as JSON, and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 (click's own signature)
        **extra: Any,  # noqa: ANN401 (likewise)
    ) -> Any:  # noqa: ANN401 (likewise)
        """Run a command; end the process with the command's exit code."""
        arguments = sys.argv[1:] if args is None else list(args)
        try:
            code = super().main(arguments, prog_name or _NAME, complete_var, standalone_mode=False, **extra)
        except (click.exceptions.Abort, KeyboardInterrupt):
            fault: Fault | None = Fault(Exit.INTERRUPTED, _NAME, "interrupted")
        except click.ClickException as error:
            fault = error if isinstance(error, Fault) else _of_usage(error)
        except (ClientError, BotoCoreError, StoreUnavailableError, QueueUnavailableError) as error:
            fault = _of_aws(error)
        except OSError as error:  # of this machine: a full disk, a file that went away
            what = error.strerror or type(error).__name__
            fault = Fault(Exit.WRONG, str(error.filename or _NAME), what, to_do="mend that, then run it again")
        else:
            fault = None
        if fault is not None:
            tell_fault(fault, as_json="--json" in arguments)
            code = fault.exit_code
        if standalone_mode:
            sys.exit(int(code or 0))
        return code


def _of_usage(error: click.ClickException) -> Fault:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else _NAME
    return Fault(Exit.USAGE, path, error.format_message(), to_do=f"{path} --help")


def _of_aws(error: Exception) -> Fault:
    cause = cause_of(error)
    if cause is None:
        return Fault(Exit.NO_ANSWER, "AWS", "the store or the queue did not answer", to_do="try again")
    return explained(cause)


def _version() -> str:
    try:
        return version("realtime-sms-sender")
    except PackageNotFoundError:
        return "of this checkout"


@click.group(_NAME, cls=Rtsms, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version())
def cli() -> None:
    """Operate a deployment of the RealTime SMS sender.

    Every command takes --json. Exit codes: 0 done; 1 done, and the answer is not a good one; 2 what was given cannot be
    used; 3 not found; 4 AWS refused, or did not answer; 5 not over in time; 130 interrupted.
    """


for _module in (preview, send, status, bulk, watch, doctor, redrive, resend, optout):
    cli.add_command(_module.command)

main = cli

if __name__ == "__main__":
    main()
