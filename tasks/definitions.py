"""Task definitions as files: finding them by name and reading them without running or importing anything.

The YAML is lm-eval's. lm-eval's own loader builds the task in the end; this reader is what lists, finds and checks
definitions at once, where lm-eval's index of its built-in tasks takes a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from harness.core import UsageError

OWN_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Definition:
    """A task's YAML file. `config` is its content with `include`s resolved and functions left as "!function name"."""

    name: str
    path: Path
    config: Mapping[str, Any]

    @property
    def description(self) -> str:
        """One line: `metadata.description`, else the comment the file begins with."""
        metadata = self.config.get("metadata")
        if isinstance(metadata, dict) and metadata.get("description"):
            return str(metadata["description"])
        first = self.path.read_text(encoding="utf-8").partition("\n")[0]
        return first.lstrip("# ").strip() if first.startswith("#") else ""


@dataclass(slots=True)
class Catalog:
    """What some folders hold: tasks by name, members of groups and tags by name, and why a file cannot be read."""

    tasks: dict[str, Definition] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    broken: dict[Path, str] = field(default_factory=dict)


def catalog(include_path: Sequence[Path] = ()) -> Catalog:
    """Our tasks and those under `include_path` (folders, or single files), which win where names are the same.

    Raises UsageError for a path that is not there.
    """
    found = Catalog()
    _scan(OWN_FOLDER, found)
    for folder in include_path:
        if not folder.exists():
            raise UsageError(f"--include_path {folder} is not there. Give a folder of lm-eval task files (*.yaml).")
        _scan(folder, found)
    return found


def builtin(name: str) -> Catalog:
    """lm-eval's built-in files that speak of `name`: the task, or the group or tag and members that name it."""
    found = Catalog()
    folder = builtin_folder()
    if folder is not None:
        _scan(folder, found, mentioning=name.encode())
    return found


def builtin_folder() -> Path | None:
    """The folder of lm-eval's built-in tasks, found without importing lm-eval."""
    spec = find_spec("lm_eval")
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return Path(locations[0]) / "tasks" if locations else None


def read(path: Path, including: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The content of a task file with its `include`s merged in (its own keys win). Raises UsageError."""
    if path in including:
        raise UsageError(f"{path} includes itself.")
    try:
        config = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader with one more tag
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(config, dict):
        raise UsageError(f"{path} holds no fields (`task: name` and so on).")
    included = config.pop("include", None) or []
    merged: dict[str, Any] = {}
    for file in included if isinstance(included, list) else [included]:
        merged |= read(path.parent / str(file), (*including, path))
    return merged | config


def _scan(folder: Path, found: Catalog, mentioning: bytes = b"") -> None:
    names_here: set[str] = set()
    for path in _files(folder):
        if mentioning and mentioning not in path.read_bytes():
            continue
        try:
            config = read(path)
        except UsageError as error:
            found.broken[path] = str(error)
            continue
        _enter(path, config, found, names_here)


def _files(folder: Path) -> Iterator[Path]:
    """The YAML files in lm-eval's order, in which the first of two tasks of one name counts."""
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob("*.yaml"), key=Path.as_posix):
        if not {"__pycache__", ".ipynb_checkpoints"}.intersection(path.parts):
            yield path


def _enter(path: Path, config: Mapping[str, Any], found: Catalog, names_here: set[str]) -> None:
    group, name = config.get("group"), config.get("task")
    if isinstance(group, str) and "class" not in config:
        members = name if isinstance(name, list) else [name]
        found.members[group] = [_member(member) for member in members if member]
    elif isinstance(name, str) and name not in names_here:
        names_here.add(name)
        found.tasks[name] = Definition(name, path, config)
        tags = config.get("tag") or []
        for tag in tags if isinstance(tags, list) else [tags]:
            found.members.setdefault(str(tag), []).append(name)


def _member(member: Any) -> str:
    return str(member.get("task") or member.get("group")) if isinstance(member, dict) else str(member)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # libyaml's where it is there
    """A safe loader that keeps lm-eval's `!function module.name` as text."""


_Loader.add_constructor("!function", lambda loader, node: f"!function {loader.construct_scalar(node)}")
