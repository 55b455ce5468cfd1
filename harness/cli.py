"""The command line: finds the commands, normalises both dialects, turns failures into messages and exit codes."""

from __future__ import annotations

import argparse
import difflib
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from harness import commands
from harness.core import HarnessError, UsageError

EPILOG = """\
examples:
  harness eval math500 --model vllm/smollm2 --strategy greedy,sample -S n=4 --limit 25
  harness eval game24 --model toy/default --strategy sample -S n=16
  harness report runs/* --by level
  harness gate --baseline baselines/math500.jsonl --model vllm/my-checkpoint

exit codes: 0 done or passed, 1 internal error, 2 usage, 3 incomplete or not written, 4 not comparable, 5 nothing to do,
10 regression, 11 inconclusive in strict mode, 12 a limit is reached (resumable),
130 interrupted (resumable)
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors name the nearest match and are UsageErrors. `late`, called with the parser and
    its arguments before they are read, adds the options that depend on them."""

    late: Callable[[Parser, Sequence[str]], None] | None = None

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse has it, after `late`."""
        late, self.late = self.late, None
        if late is not None:
            late(self, list(sys.argv[1:] if args is None else args))
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        if match := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message):
            name, known = match[1], re.findall(r"[\w-]+", match[2])
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise UsageError(f"'{name}' is not known.{hint} Available: {', '.join(known)}.")
        raise UsageError(f"{message[:1].upper()}{message[1:]}. `{self.prog} --help` lists the options.")

    def refuse(self, extra: Sequence[str]) -> NoReturn:
        """Unknown options, with the nearest known one."""
        name = extra[0].split("=")[0]
        known = [option for action in self._actions for option in action.option_strings if option.startswith("--")]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"{self.prog} does not know {name}.{hint} `{self.prog} --help` lists the options.")


def normalise(argv: Sequence[str]) -> list[str]:
    """Options may be written with underscores or hyphens: `--output_path` is `--output-path`."""
    result: list[str] = []
    for position, argument in enumerate(argv):
        if argument == "--":
            return [*result, *argv[position:]]
        if argument.startswith("--"):
            name, equals, value = argument.partition("=")
            argument = name.replace("_", "-") + equals + value  # noqa: PLW2901
        result.append(argument)
    return result


def parser() -> tuple[Parser, dict[str, Parser]]:
    """The whole parser, and one per command. Command modules are light; what they need is imported when they run."""
    top = Parser(
        prog="harness",
        description="Evaluate mathematical reasoning under inference-time compute.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    chooser = top.add_subparsers(dest="command", metavar="command", parser_class=Parser)
    each = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
        if name.startswith("_"):
            continue
        module = importlib.import_module(f"harness.commands.{name}")
        sub = chooser.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
        each[name] = sub
    return top, each


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code."""
    command = normalise(sys.argv[1:] if argv is None else argv)
    try:
        top, each = parser()
        arguments, extra = top.parse_known_args(command)
        if arguments.version:
            from importlib.metadata import version

            print(version("metacot-harness"))
            return 0
        if extra:
            each.get(arguments.command, top).refuse(extra)
        if arguments.command is None:
            top.print_help()
            return UsageError.code
        arguments.argv = command
        return int(arguments.run(arguments))
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("harness: interrupted; what is finished is kept, and the same command goes on.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; nothing is left to say
        return 0


if __name__ == "__main__":
    sys.exit(main())
