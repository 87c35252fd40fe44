"""The `symdyn` command: a group whose commands are loaded when they are called, and one place where errors end."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

#: Command name, the module that defines it as `command`, and its line in --help (so that --help loads none).
_COMMANDS = {
    "laws": ("symdyn.cli.laws", "Count and list conservation laws: formulas, presets, model files."),
    "equilibria": (
        "symdyn.cli.equilibria",
        "Find, certify and classify equilibria of a flow, an iteration or a system.",
    ),
    "symmetries": ("symdyn.cli.symmetries", "List the linear symmetries of a model, and the laws they give."),
    "richness": ("symdyn.cli.richness", "Check that the losses over the data see all of a model."),
    "formula": ("symdyn.cli.formula", "Conjecture the number of laws as a function of the sizes of a network."),
    "verify": ("symdyn.cli.verify", "Re-check stored certificates, without SymPy and without the engines."),
    "check": ("symdyn.cli.check", "Re-verify every claim that a LaTeX paper marks."),
    "study": ("symdyn.cli.study", "Measure every claim of a system of the catalog."),
    "list": ("symdyn.cli.listing", "List the systems of the catalog."),
    "demo": ("symdyn.cli.demo", "A two-minute tour on real input."),
}


class _Lazy(click.Group):
    """A group that imports a command's module only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        import difflib

        if args and args[0] not in _COMMANDS:
            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"commands are {', '.join(_COMMANDS)}"
            raise click.UsageError(f"{args[0]!r} is no command: {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="symdyn-toolkit", message="%(package)s %(version)s")
def application() -> None:
    """Conservation laws, equilibria and claims about the dynamics of learning systems, each with its proof."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0 answered, 1 refuted or failed, 2 misuse, 130 interrupted.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """The exit status of a call; nothing but messages reaches the user."""
    from symdyn.errors import SymdynError

    # two BLAS threads wait for each other when the machine is busy, and gain almost nothing when it is not
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # with this variable a shell asks for completions, and gives no arguments
    if not arguments and "_SYMDYN_COMPLETE" not in os.environ:
        _say("symdyn: no command came: write symdyn demo for a tour, or symdyn --help for the commands")
        return 2
    name = f"symdyn {arguments[0]}" if arguments and arguments[0] in _COMMANDS else "symdyn"
    try:
        status = application.main(arguments, prog_name="symdyn", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except SymdynError as misuse:
        _say(f"{name}: {misuse}")
        return 2
    except click.ClickException as misuse:
        _say(f"{name}: {_sentence(misuse)}")
        return 2
    except (click.Abort, KeyboardInterrupt):
        _say(f"{name}: interrupted")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as failure:
        _say(f"{name}: the result cannot be written or a file cannot be read ({failure.strerror or failure})")
        return 1
    except MemoryError:
        _say(f"{name}: there is not enough memory for this input: give a smaller model or a network preset")
        return 1
    except Exception as failure:
        if os.environ.get("SYMDYN_TRACEBACK"):
            raise
        _say(
            f"{name}: internal error ({type(failure).__name__}: {failure}): please report it with this command; "
            "SYMDYN_TRACEBACK=1 shows where it happened"
        )
        return 1


def _sentence(misuse: click.ClickException) -> str:
    text = misuse.format_message().rstrip(".")
    return (
        text if isinstance(misuse, click.FileError) else f"{text}; see symdyn --help" if "--help" not in text else text
    )


def _say(message: str) -> None:
    """One line on stderr."""
    click.echo(" ".join(message.split()), err=True)
