"""Entry point of ``audit``: finds commands lazily, turns errors into one readable message."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from audit import __version__
from audit.errors import AuditError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("audit.cli.init:init", "Write a probe set to start from."),
    "run": ("audit.cli.run:run", "Audit a classifier with one or more probe sets."),
    "sweep": ("audit.cli.sweep:sweep", "Audit over numbers of examples, and draw the curves."),
    "merge": ("audit.cli.merge:merge", "Merge the shards of one run."),
    "plan": ("audit.cli.plan:plan", "Say what an audit could show before anything is sent."),
    "report": ("audit.cli.report:report", "Render the report of a finished run again."),
    "compare": ("audit.cli.compare:compare", "Say what changed between two runs."),
    "gate": ("audit.cli.gate:gate", "Decide by limits, baseline and waivers if a run may pass."),
    "bless": ("audit.cli.bless:bless", "Make a run the baseline of later gates."),
    "signoff": ("audit.cli.signoff:signoff", "Sign a run; two people do."),
    "verify": ("audit.cli.verify:verify", "Check that nothing was changed since it was signed."),
    "export": ("audit.cli.export:export", "Write a run for other tools."),
    "probes": ("audit.cli.probes:probes", "List, show, check and compare probe sets."),
    "guard": ("audit.cli.guard:guard", "Check a policy, and export or erase decisions."),
    "review": (
        "audit.cli.review:review",
        "Plant known items, show agreement, make a sign-in link.",
    ),
    "feedback": ("audit.cli.feedback:feedback", "List, answer, export and erase what people sent."),
    "monitor": ("audit.cli.monitor:monitor", "Watch live decisions by affected group."),
    "serve": ("audit.cli.serve:serve", "Serve the guard over HTTP."),
    "models": ("audit.cli.models:models", "List the kinds of systems that can be audited."),
    "config": ("audit.cli.config_command:config", "Show the configuration in force."),
    "completion": ("audit.cli.completion:completion", "Print a shell completion script."),
    "doctor": ("audit.cli.doctor:doctor", "Check this installation and, if asked, a model."),
}


class LazyGroup(click.Group):
    """A group that imports a command only when it runs, so that ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return command names in the order a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or ``None`` if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Add "did you mean" to the error for an unknown command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            if not close or "Did you mean" in error.message:
                raise
            message = f"{error.message} Did you mean {close[0]!r}?"
            raise click.UsageError(message, ctx=error.ctx) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="audit")
@click.option("--debug", is_flag=True, envvar="AUDIT_DEBUG", help="Show tracebacks of errors.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False),
    envvar="AUDIT_CONFIG",
    help="Configuration file (default: the nearest audit.yaml or [tool.audit]).",
)
@click.pass_context
def app(ctx: click.Context, debug: bool, config_file: str | None) -> None:
    """Audit a text classifier for gaps between groups of people.

    Start with:  audit run disability
    """
    ctx.meta["audit.debug"] = debug
    from audit.cli.config import load_config

    config = load_config(config_file)
    ctx.meta["audit.config"] = config
    ctx.default_map = {name: dict(config.values) for name in COMMANDS}


def main() -> None:
    """Run the command line and exit with the status that the interfaces promise."""
    try:
        status = app.main(prog_name="audit", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except AuditError as error:
        if "--debug" in sys.argv or os.environ.get("AUDIT_DEBUG"):
            raise
        from audit.report.inert import inert  # messages may quote what a model or a file said

        click.echo(f"Error: {inert(str(error), limit=20_000, lines=True)}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        if "--debug" in sys.argv or os.environ.get("AUDIT_DEBUG"):
            raise
        click.echo(f"Error: {error.filename or 'a file'}: {error.strerror or error}", err=True)
        sys.exit(AuditError.exit_code)
    sys.exit(status if isinstance(status, int) else 0)
