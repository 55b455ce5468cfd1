"""Joins the parts of a run that was split over machines (`--shard i/n`) into the one run that it is.

Every part has the identity of the whole, so the joined folder is the folder of the whole: the same command without
`--shard` finds it, and its files of problems, responses, trees and results are the bytes that one machine would have
written. No problem is lost or doubled, or nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core import IncompleteError, NotComparableError, NothingToDoError
from harness.files import FolderLock, LineWriter, digest, read_lines
from harness.results import build
from harness.run import Json, Run, RunWriter, differing


@dataclass(frozen=True, slots=True)
class Merged:
    """A joined run, and what its parts held."""

    folder: Path
    parts: int
    problems: int
    results: Json


def shards(folders: Sequence[Path]) -> list[list[Run]]:
    """The parts at these places (run folders, or folders that hold some), a list per run, in the order of the parts.

    Raises NothingToDoError where there is no part, NotComparableError where parts of one run disagree about their
    number, IncompleteError where some are missing, doubled or not complete."""
    found: dict[str, dict[int, Run]] = {}
    for run in _parts(folders):
        shard = run.manifest["shard"]
        group = found.setdefault(digest(run.manifest["identity"]), {})
        other = next(iter(group.values()), run)
        if (fields := differing(other.manifest["shard"], shard)) and set(fields) != {"index"}:
            raise NotComparableError(
                f"{other.folder} and {run.folder} are parts of one run that was split in different ways. "
                "Move the parts of one of the two away."
            )
        if group.setdefault(shard["index"], run) is not run:
            raise IncompleteError(f"{group[shard['index']].folder} and {run.folder} are the same part. Name one.")
    if not found:
        raise NothingToDoError("There is no part of a run. `harness eval … --shard 1/4` makes the first of four.")
    return [_whole(group) for group in found.values()]


def merge(parts: Sequence[Run], out: Path | None = None) -> Merged:
    """Write the run that these parts are, below `out` (default: beside the first part). Raises IncompleteError where a
    part is being written."""
    locks = [FolderLock(part.folder) for part in parts]
    try:
        return _merged(parts, out or parts[0].folder.parent)
    finally:
        for lock in locks:
            lock.release()


def _merged(parts: Sequence[Run], out: Path) -> Merged:
    manifest = parts[0].manifest
    ids = manifest["shard"]["problem_ids"]
    about = {key: value for key, value in manifest.items() if key not in ("files", "sessions", "state", "updated")}
    about |= {"problem_ids": ids, "shard": None, "merged_from": [part.name for part in parts]}
    identity = manifest["identity"]
    writer = RunWriter(out, identity["task"]["name"], identity["strategy"]["name"], identity, about)
    try:
        _copy_calls(parts, writer.calls_path)
        for part in parts:
            trees = {tree["problem_id"]: tree for tree in part.lines("trees.jsonl")}
            for problem, responses in part.by_problem():
                if problem["problem_id"] not in writer.done:
                    writer.append(problem, responses, trees.get(problem["problem_id"]))
        writer.order(ids)
        results = build(Run(writer.folder, writer.manifest), manifest.get("ks"))
        finished = results["problems"]["finished"] + results["problems"]["errors"]
        if finished != len(ids):  # never: the parts were complete
            raise IncompleteError(f"{writer.folder} has {finished} of {len(ids)} problems after joining.")
    except BaseException:
        writer.finish("interrupted", None)
        raise
    writer.finish("complete", results, **_sums(parts))
    return Merged(writer.folder, len(parts), len(ids), results)


def _parts(folders: Sequence[Path]) -> Iterator[Run]:
    """The parts of runs at or below these places, each once."""
    seen = set()
    for folder in folders:
        places = (
            [folder]
            if (folder / "manifest.json").exists()
            else sorted(p.parent for p in folder.glob("*/manifest.json"))
        )
        for place in places:
            run = Run.open(place)
            if run.manifest.get("shard") and place.resolve() not in seen:
                seen.add(place.resolve())
                yield run


def _whole(group: dict[int, Run]) -> list[Run]:
    """All parts in order. Raises IncompleteError."""
    some = next(iter(group.values()))
    count = some.manifest["shard"]["of"]
    ids = some.manifest["shard"]["problem_ids"]
    missing = [f"{i}/{count}" for i in range(1, min(count, len(ids)) + 1) if i not in group]
    if missing:
        raise IncompleteError(f"Of {some.name} the parts {', '.join(missing)} are missing. Run them, then merge again.")
    parts = [group[i] for i in sorted(group)]
    for part in parts:
        if part.manifest["state"] != "complete":
            raise IncompleteError(
                f"{part.folder} is not complete (it is {part.manifest['state']}). The command that made it goes on."
            )
    return parts


def _copy_calls(parts: Sequence[Run], target: Path) -> None:
    """Every call of every part once: what two parts share was copied from one to the other."""
    seen = {record["key"] for _, _, record in read_lines(target) if record is not None}
    writer = LineWriter(target)
    for part in parts:
        for record in part.lines("calls.jsonl"):
            if record["key"] not in seen:
                seen.add(record["key"])
                writer.write(record)
    writer.close()


def _sums(parts: Sequence[Run]) -> Json:
    """What the parts took in all: seconds (which may have passed side by side), calls and generated tokens."""
    sessions = [session for part in parts for session in part.manifest["sessions"]]
    total: Json = {name: sum(s.get(name, 0) for s in sessions) for name in ("seconds", "calls", "from_log")}
    generated: dict[str, int] = {}
    for session in sessions:
        for name, count in session.get("generated", {}).items():
            generated[name] = generated.get(name, 0) + count
    return {**total, "seconds": round(total["seconds"], 3), "generated": generated}
