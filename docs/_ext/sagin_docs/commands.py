"""The command line, from its own declarations."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from sagin.cli.main import app
from sagin_docs.text import block, code, docstring, escape, page, table

CODES = (
    ("0", "success"),
    ("1", "failure; `sagin evaluate`: a stored metric does not match"),
    ("2", "bad input: one line on stderr names field, value, bound and reason"),
    ("130", "interrupted with Ctrl-C; finished pieces are kept"),
)


def commands() -> dict[str, Any]:
    """All commands by name."""
    return dict(get_command(app).commands)  # type: ignore[attr-defined]


def command_page() -> str:
    """Every command with its arguments and options."""
    parts = [
        "# Command line",
        "With `--json` a command prints one JSON document on stdout; progress and notices go to stderr. "
        "Nothing that exists is overwritten without `--force`.",
        table(("exit code", "meaning"), CODES),
    ]
    for name, command in commands().items():
        parts += [f"## sagin {name}", docstring(command.help or ""), block(_usage(name, command)), _parameters(command)]
    return page(*parts)


def _usage(name: str, command: Any) -> str:
    words = [
        f"{_metavar(item)}" if item.required else f"[{_metavar(item)}]" for item in command.params if _is_argument(item)
    ]
    several = [
        word + " ..." if item.nargs == -1 else word for word, item in zip(words, _arguments(command), strict=True)
    ]
    return " ".join(["sagin", name, *several, "[OPTIONS]"])


def _parameters(command: Any) -> str:
    rows = [(code(_metavar(item)), escape(item.help or "")) for item in _arguments(command)]
    for item in command.params:
        if not _is_argument(item):
            value = "" if getattr(item, "is_flag", False) else f" {_metavar(item)}"
            shown = item.default if item.default not in (None, False, (), []) and not callable(item.default) else ""
            default = f" Default: `{shown}`." if shown else ""
            rows.append((code(", ".join(item.opts) + value), escape(item.help or "") + default))
    return table(("argument or option", "meaning"), rows)


def _arguments(command: Any) -> list[Any]:
    return [item for item in command.params if _is_argument(item)]


def _is_argument(item: Any) -> bool:
    return item.param_type_name == "argument"


def _metavar(item: Any) -> str:
    return item.metavar or item.name.upper()
