"""cli.md from the commands."""

from typing import Any

import typer

from otel_evaluator.cli import app

COMMANDS = """# Commands

Exit codes: **0** done, **1** it did not work (standard error says why, one line a problem), **2**
the command was used wrongly. Results go to standard output, progress and failures to standard
error.

`scores` and `why` ask the running service, because the embedded engine can be opened by one
process only.
"""


def commands() -> str:
    """The page of all commands."""
    root: Any = typer.main.get_command(app)
    parts = [COMMANDS, _help(root, "otel-evaluator", None)]
    context = root.context_class(root, info_name="otel-evaluator", **root.context_settings)
    for name, command in root.commands.items():
        parts.append(f"\n## {name}\n" + _help(command, name, context))
    return "".join(parts)


def _help(command: Any, name: str, parent: Any) -> str:
    context = command.context_class(
        command,
        info_name=name,
        parent=parent,
        terminal_width=96,
        max_content_width=96,
        help_option_names=["-h", "--help"],
    )
    lines = [line.rstrip() for line in command.get_help(context).strip().splitlines()]
    return "\n```text\n" + "\n".join(lines) + "\n```\n"
