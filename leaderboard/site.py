"""The static site: what it is made of, and how it is written.

Every module in `leaderboard/pages` yields pages as (relative path, content); every file in `leaderboard/static` is
copied, and the style sheet that reports have too. `data/site.json` lists what was written with digests, so that a later
build removes what is gone and `harness leaderboard check --site` can tell that a site is what its entries build.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from harness.core import IncompleteError, UsageError
from harness.files import dumps, read_json
from harness.run import Json
from leaderboard import pages as registry  # its modules are imported by name when a site is built
from leaderboard.entry import Entry, redact
from leaderboard.standing import rankings
from reports.figure import look

INDEX = "data/site.json"
SCHEMA = "harness.site/1"
PRIVATE = ("harp",)
"""Tasks whose authors ask not to publish their rows in plain text. A name stands for its variants (harp_mcq) too."""


@dataclass(frozen=True)
class Options:
    """`title` of the site; `redact`: tasks whose texts stay out of it; `address`: where it will be found, for the feed;
    `transcripts`: whose texts are shown, "all", "failed", "none" or "sample:N" problems of each run."""

    title: str = "Leaderboard"
    redact: tuple[str, ...] = PRIVATE
    address: str = ""
    transcripts: str = "sample:200"


@dataclass(frozen=True)
class Site:
    """What pages are made of. `sources` says where the entries came from; entries are in the order of the index."""

    entries: Sequence[Entry]
    sources: Mapping[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)

    @property
    def tasks(self) -> list[str]:
        """The tasks of the entries, by name."""
        return sorted({entry.task for entry in self.entries})

    @cached_property
    def ranks(self) -> dict[str, Json]:
        """By entry id the ranks that paired tests leave open: `best`, `worst`, `of`."""
        return rankings(self.entries)

    def of_task(self, task: str) -> list[Entry]:
        """The entries of one task, in the order of the index."""
        return [entry for entry in self.entries if entry.task == task]


def site(entries: Sequence[Entry], options: Options | None = None, sources: Mapping[str, str] | None = None) -> Site:
    """The site of some entries: ordered by task and accuracy, with the texts of private tasks withheld.

    Raises UsageError where two entries have one id."""
    options = options or Options()
    ids = [entry.id for entry in entries]
    if twice := next((name for name in ids if ids.count(name) > 1), None):
        raise UsageError(f"Two entries have the id {twice}. Leave one of them out.")
    shown = [redact(e) if withheld(e.task, options.redact) else e for e in entries]
    return Site(sorted(shown, key=_order), sources or {}, options)


def withheld(task: str, names: Sequence[str]) -> bool:
    """Whether a task, or the one that it is a variant of, is among the names."""
    return any(task == name or task.startswith(f"{name}_") for name in names)


def _order(entry: Entry) -> tuple[str, float, str]:
    row = entry.row(entry.metric)
    return entry.task, -(row["value"] if row else -1.0), entry.id


def contents(made: Site) -> Iterator[tuple[str, bytes]]:
    """Every file of the site but the index of its files, a page at a time.

    A module that says `FIRST` goes first: what reads all samples anyway fills the entries' tallies for the others."""
    names = (module.name for module in pkgutil.iter_modules(registry.__path__) if not module.name.startswith("_"))
    modules = [importlib.import_module(f"{registry.__name__}.{name}") for name in sorted(names)]
    for module in sorted(modules, key=lambda module: not getattr(module, "FIRST", False)):
        for path, content in module.pages(made):
            yield path, content.encode() if isinstance(content, str) else content
    for file in sorted(files("leaderboard").joinpath("static").iterdir(), key=lambda f: f.name):
        yield file.name, file.read_bytes()
    yield "look.css", look().encode()


def build(made: Site, folder: Path, *, limit: int | None = None) -> Json:
    """Write the site; the result lists its files. What an earlier build wrote and this one did not is removed.

    Raises UsageError where the folder holds something else or the site gets larger than `limit` bytes, IncompleteError
    where the folder takes no data."""
    before = _written(folder)
    listed: dict[str, Json] = {}
    total = 0
    try:
        for path, content in contents(made):
            if path in listed:
                raise AssertionError(f"two pages are called {path}")
            total += len(content)
            if limit is not None and total > limit:
                raise UsageError(
                    f"The site is larger than {limit / 2**20:,.0f} MiB. --transcripts failed, none or sample:N shows "
                    "fewer texts; --force builds it all the same."
                )
            listed[path] = _listed(content)
            place(folder, path, content)
        index = {"schema": SCHEMA, "options": asdict(made.options), "files": dict(sorted(listed.items()))}
        place(folder, INDEX, (dumps(index) + "\n").encode())
        for path in before - {*listed, INDEX}:
            (folder / path).unlink(missing_ok=True)
    except OSError as error:
        raise IncompleteError(f"The site {folder} could not be written: {error.strerror or error}.") from error
    return index


def options_of(folder: Path) -> Options:
    """The options with which a site was built. Raises UsageError where there is no site."""
    if not (folder / INDEX).exists():
        raise UsageError(f"There is no site at {folder}: it has no {INDEX}. `harness leaderboard build` makes one.")
    _written(folder)
    stated = read_json(folder / INDEX).get("options") or {}
    known: Json = {each.name: stated[each.name] for each in fields(Options) if each.name in stated}
    if "redact" in known:
        known["redact"] = tuple(known["redact"])
    return Options(**known)


def strays(made: Site, folder: Path) -> Iterator[tuple[str, str]]:
    """(path, what is wrong with it) for every file by which the site in a folder is not what `made` builds."""
    expected = {path: _listed(content) for path, content in contents(made)}
    stated = read_json(folder / INDEX)["files"]
    for path, about in sorted(expected.items()):
        file = folder / path
        if not file.is_file():
            yield path, "is missing"
        elif _listed(file.read_bytes()) != about:
            yield path, "is not what the entries build"
        elif stated.get(path) != about:
            yield path, f"has another digest in {INDEX}"
    here = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    yield from ((path, "is no part of the site") for path in sorted(here - {*expected, INDEX}))


def _listed(content: bytes) -> Json:
    return {"sha256": sha256(content).hexdigest(), "bytes": len(content)}


def place(folder: Path, path: str, content: bytes) -> None:
    """Write one file where its content is new."""
    target = folder / path
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _written(folder: Path) -> set[str]:
    """The files of an earlier build. Raises UsageError where the folder is not empty and no site."""
    if (folder / INDEX).exists():
        found = read_json(folder / INDEX)
        if isinstance(found, dict) and found.get("schema") == SCHEMA:
            return {path for path in found["files"] if ".." not in Path(path).parts and not Path(path).is_absolute()}
    elif not folder.exists() or not any(folder.iterdir()):
        return set()
    raise UsageError(f"{folder} is not empty and no site of `harness leaderboard build`. -o takes another folder.")
