"""Options and tables from YAML, TOML and JSON files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.core import UsageError


def with_config(arguments: argparse.Namespace) -> argparse.Namespace:
    """The command line over the options of `--config`; for `eval` and commands with its options."""
    if not arguments.config:
        return arguments
    from harness.cli import parser

    given = options_of(Path(arguments.config), positional=not (arguments.task or arguments.tasks))
    rest = arguments.argv[arguments.argv.index(arguments.command) + 1 :]
    sub = parser()[1][arguments.command]
    known, extra = sub.parse_known_args([*given, *rest])
    if extra:
        raise UsageError(
            f"{arguments.config} holds an option that `harness {arguments.command}` does not know: {extra[0]}."
        )
    known.argv, known.command = arguments.argv, arguments.command
    return known


def options_of(path: Path, *, positional: bool) -> list[str]:
    """A config file as command-line arguments: lists repeat an option, mappings become key=value, true a bare flag."""
    values = parse_file(path, "--config", "options by name, such as `strategy: sample`")
    result: list[str] = []
    for name, value in values.items():
        key = name.replace("_", "-")
        flag = f"-{name}" if len(name) == 1 and name.isupper() else f"--{key}"
        if key in ("task", "tasks"):
            result += list(map(str, value if isinstance(value, list) else [value])) if positional else []
        elif isinstance(value, bool):
            result += [flag] if value else []
        elif isinstance(value, dict):
            result += [part for k, v in value.items() for part in (flag, f"{k}={v}")]
        else:
            result += [part for v in (value if isinstance(value, list) else [value]) for part in (flag, str(v))]
    return result


def parse_file(path: Path, flag: str, holds: str) -> dict[str, Any]:
    """The mapping in a YAML (JSON is YAML) or TOML file that an option names. Raises UsageError."""
    import tomllib

    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{flag} {path} cannot be read: {error.strerror}.") from error
    try:
        values = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{flag} {path} is not readable: {' '.join(str(error).split())[:200]}.") from error
    if not isinstance(values, dict):
        raise UsageError(f"{flag} {path} must hold {holds}.")
    return values
