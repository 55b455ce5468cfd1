"""The folder is the registry: a strategy, verifier or backend is known because its file is there.

A module's component is the function or class named like it (`best_of_n` → `best_of_n`, `lm_eval` → `LMEval`). Its
keyword-only parameters, with their types and defaults, are what `-S`, `-V` and `-M` accept and `harness list` shows.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import math
import pkgutil
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import UsageError

FOLDERS = {"strategy": "harness.strategies", "backend": "harness.backends", "verifier": "harness.verifiers"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A keyword-only parameter of a component."""

    name: str
    type: type
    default: Any
    optional: bool = False
    least: float | None = None

    def __str__(self) -> str:
        kind = f"{self.type.__name__}{' or none' if self.optional else ''}"
        return f"{self.name}: {kind}" + ("" if self.default is inspect.Parameter.empty else f" = {self.default!r}")


def names(kind: str) -> list[str]:
    """The components of a kind, by their files; nothing is imported but the folder itself."""
    package = importlib.import_module(FOLDERS[kind])
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))


def component(kind: str, name: str) -> Callable[..., Any]:
    """The function or class of one name. Raises UsageError with the nearest match for an unknown one."""
    known = names(kind)
    if name not in known:
        plural = {"strategy": "strategies"}.get(kind, kind + "s")
        raise UsageError(f"{unknown(kind.capitalize(), name, known)} `harness list {plural}` describes them.")
    module = importlib.import_module(f"{FOLDERS[kind]}.{name}")
    wanted = name.replace("_", "")
    found = [v for k, v in vars(module).items() if k.lower().replace("_", "") == wanted and callable(v)]
    if len(found) != 1:
        raise UsageError(f"The file of {kind} '{name}' must define one function or class of that name.")
    return typing.cast(Callable[..., Any], found[0])


def constant(kind: str, name: str, constant: str) -> Any:
    """A constant of a component's module, None where it has none."""
    return getattr(importlib.import_module(f"{FOLDERS[kind]}.{name}"), constant, None)


def parameters(target: Callable[..., Any]) -> dict[str, Parameter]:
    """The keyword-only parameters of a component, read from its signature."""
    signature = inspect.signature(target, eval_str=True)
    result = {}
    for parameter in signature.parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        annotation, least = parameter.annotation, None
        if typing.get_origin(annotation) is typing.Annotated:
            annotation, least = typing.get_args(annotation)[:2]
        kind, optional = _plain_type(annotation)
        result[parameter.name] = Parameter(parameter.name, kind, parameter.default, optional, least)
    return result


def injected(target: Callable[..., Any]) -> set[str]:
    """The positional parameters of a component: what it asks for by name (`policy`, `verifier`, `problems` …)."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {p.name for p in inspect.signature(target).parameters.values() if p.kind in kinds}


def required(target: Callable[..., Any]) -> set[str]:
    """The injected parameters that a component cannot do without: those that have no default."""
    known = inspect.signature(target).parameters
    return {name for name in injected(target) if known[name].default is inspect.Parameter.empty}


def options(target: Callable[..., Any], pairs: Sequence[str], *, flag: str, owner: str) -> dict[str, Any]:
    """Parse `key=value` pairs against the parameters of a component; the result holds the defaults too.

    Raises UsageError for an unknown key (nearest match named), a value of another type, a value below the range (a
    number whose default is positive must be positive, one whose default is 0 must not be negative; `Annotated[int, 0]`
    judges by 0 instead of the default), a missing one.
    """
    known = parameters(target)
    values = {p.name: p.default for p in known.values()}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        key = key.strip().replace("-", "_")
        if not separator:
            raise UsageError(f"{flag} takes key=value, not '{pair}'.")
        if key not in known:
            raise UsageError(unknown(f"Option of {owner}", key, list(known)))
        values[key] = _convert(known[key], text.strip(), f"{flag} {key}")
    missing = [name for name, value in values.items() if value is inspect.Parameter.empty]
    if missing:
        raise UsageError(f"{owner} needs {flag} {missing[0]}=….")
    return values


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """One sentence or two: the unknown name, the nearest known one, what there is."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"{what} '{name}' is not known.{hint} Available: {', '.join(known) or 'none'}."


def summary(target: Callable[..., Any]) -> str:
    """The first sentence of a component's docstring, on one line."""
    return " ".join((inspect.getdoc(target) or "").split("\n\n")[0].split())


def _plain_type(annotation: Any) -> tuple[type, bool]:
    """(`int`, False) for `int`, (`int`, True) for `int | None`; anything else is read as text."""
    if isinstance(annotation, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(parts) == 1 and isinstance(parts[0], type):
            return parts[0], True
    return (annotation, False) if isinstance(annotation, type) else (str, False)


def _convert(parameter: Parameter, text: str, where: str) -> Any:
    """The typed value of one option."""
    if parameter.optional and text.lower() in ("none", "null", ""):
        return None
    if parameter.type is bool:
        lowered = text.lower()
        if lowered not in ("true", "false", "1", "0", "yes", "no"):
            raise UsageError(f"{where} is true or false, not '{text}'.")
        return lowered in ("true", "1", "yes")
    if parameter.type not in (int, float):
        return text
    try:
        value = parameter.type(text)
    except ValueError:
        kind = "a whole number" if parameter.type is int else "a number"
        raise UsageError(f"{where} is {kind}, not '{text}'.") from None
    default = parameter.default if isinstance(parameter.default, int | float) else 1
    default = default if parameter.least is None else parameter.least
    if math.isnan(value) or (default > 0 and value <= 0) or (default == 0 and value < 0):
        bound = "at least 1" if parameter.type is int and default > 0 else "positive" if default > 0 else "not negative"
        raise UsageError(f"{where} must be {bound}, not {text}.")
    return value


def describe(kind: str) -> list[dict[str, str]]:
    """A row per component of a kind: name, parameters, first sentence."""
    rows = []
    for name in names(kind):
        target = component(kind, name)
        known: Mapping[str, Parameter] = parameters(target)
        rows.append({"name": name, "options": ", ".join(map(str, known.values())), "description": summary(target)})
    return rows
