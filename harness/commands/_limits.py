"""The options that bound what a command may spend, and the user's price table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import UsageError

if TYPE_CHECKING:
    from harness.limits import Limits, Prices


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--max-hours, --max-cost, --prices, --max-total-tokens."""
    limits = parser.add_argument_group("limits (reaching one ends with code 12; the same command goes on)")
    limits.add_argument("--max-hours", type=_amount, metavar="H", help="hours of this command")
    limits.add_argument("--max-total-tokens", type=_amount, metavar="N", help="tokens of all engine calls, prompts too")
    limits.add_argument("--max-cost", type=_amount, metavar="X", help="money, by the table of --prices")
    limits.add_argument(
        "--prices",
        metavar="FILE",
        help="YAML, TOML or JSON: a table per model with prompt, completion (per million tokens), hour …",
    )


def limits(arguments: argparse.Namespace, model: str) -> Limits | None:
    """The limits of a command; None where it has none. Raises UsageError."""
    from harness.limits import Limits

    if arguments.max_cost is not None and not arguments.prices:
        raise UsageError("--max-cost needs prices. Say --prices FILE with a table per model: prompt, completion, hour.")
    if not any((arguments.max_hours, arguments.max_total_tokens, arguments.max_cost)):
        return None
    found = prices(arguments, model)
    options: dict[str, Any] = {} if found is None else {"prices": found}
    return Limits(
        max_seconds=arguments.max_hours and 3600 * arguments.max_hours,
        max_tokens=arguments.max_total_tokens and round(arguments.max_total_tokens),
        max_cost=arguments.max_cost,
        **options,
    )


def prices(arguments: argparse.Namespace, model: str) -> Prices | None:
    """What the model costs by the table of --prices; None without one. Raises UsageError where it is not in it."""
    if not arguments.prices:
        return None
    from harness.commands._config import parse_file
    from harness.limits import Prices
    from harness.registry import unknown

    path = Path(arguments.prices)
    table = parse_file(path, "--prices", "prices by model, such as `vllm/smollm2: {completion: 0.6}`")
    chosen = table.get(model, table.get(model.partition("/")[2], table.get("default")))
    if not isinstance(chosen, dict):
        raise UsageError(f"--prices {path}: " + unknown("The model", model, list(map(str, table))))
    try:
        return Prices.parse(chosen)
    except ValueError as error:
        raise UsageError(f"--prices {path}: {error}.") from None


def _amount(text: str) -> float:
    """A positive number; 1e6 and 1_000_000 are numbers too."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value
