"""The run folder: what is written while a run goes on, how it is continued, and how others read it.

    OUT/<task>-<strategy>-<8 hex of the identity>/
        manifest.json  calls.jsonl[.gz]  responses.jsonl  problems.jsonl  trees.jsonl  results.json

A problem is finished when its line in problems.jsonl stands, which is written after its responses. Lines are appended
in the order in which problems end and put into the benchmark's order at the end, so that two runs of the same command
end with the same bytes, however often they were interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.archive import archive_of
from harness.core import UsageError
from harness.files import (
    FolderLock,
    LineWriter,
    digest,
    file_digest,
    pack,
    read_json,
    read_lines,
    repair_lines,
    replacing,
    write_json,
)

Json = dict[str, Any]
SCHEMA = "harness.run/1"
RESULTS_SCHEMA = "harness.results/1"
PROBLEM_FILES = ("responses.jsonl", "trees.jsonl", "problems.jsonl")
DOCUMENTS = "documents.jsonl"
"""In an imported run: a line per problem with what it was asked, since its task may not be known here."""
IMPORTED = "imported"
WHOLE = ("complete", IMPORTED)
"""The states of a run that lacks nothing."""
PACK_FROM = 16 * 2**20
"""A call log of more bytes is compressed when its run is complete."""


def now() -> str:
    """The time of day in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def run_folder(
    out: Path, task: str, strategy: str, identity: Mapping[str, Any], shard: tuple[int, int] | None = None
) -> Path:
    """Where a run of this identity lives, or the `shard`-th part of it (first of the pair, from 1) of so many."""
    safe = "".join(c if c.isalnum() or c in "._" else "_" for c in task)
    part = f".{shard[0]}-of-{shard[1]}" if shard else ""
    return out / f"{safe}-{strategy}-{digest(identity)[:8]}{part}"


class _ByProblem:
    """A JSON-lines file indexed by problem, appended to and finally put into order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[str, list[tuple[int, int]]] = {}
        for offset, raw, value in read_lines(path):
            if value is not None:
                self.lines.setdefault(str(value.get("problem_id")), []).append((offset, len(raw)))
        self._writer: LineWriter | None = None

    def append(self, problem_id: str, record: Json) -> None:
        if self._writer is None:
            self._writer = LineWriter(self.path)
        offset = self._writer.write(record)
        self.lines.setdefault(problem_id, []).append((offset, self._writer.size - offset))

    def rewrite(self, order: Iterable[str]) -> None:
        """Keep the lines of the problems in `order`, in that order; one synced rename."""
        self.close()
        if not self.path.exists():
            return
        kept: dict[str, list[tuple[int, int]]] = {}
        with self.path.open("rb") as source, replacing(self.path) as target:
            for problem_id in order:
                for offset, length in self.lines.get(problem_id, ()):
                    source.seek(offset)
                    kept.setdefault(problem_id, []).append((target.tell(), length))
                    target.write(source.read(length))
        self.lines = kept

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class RunWriter:
    """The one process that writes a run.

    Opening it makes the folder, takes its lock, compares the identity with the one on file and drops what an
    interruption left half done. `done` holds the problems that need no more work.

    Raises UsageError if the folder belongs to another identity or `out` is a run folder itself, IncompleteError if it
    cannot be written or another process writes it.
    """

    def __init__(
        self,
        out: Path,
        task: str,
        strategy: str,
        identity: Mapping[str, Any],
        about: Json,
        *,
        shard: tuple[int, int] | None = None,
    ) -> None:
        self.folder = run_folder(out, task, strategy, identity, shard)
        if (out / "manifest.json").exists():
            raise UsageError(f"{out} is the folder of one run. --output-dir takes the folder that holds runs.")
        self._make_folder()
        self._lock = FolderLock(self.folder)
        try:
            self._load(identity, about)
        except BaseException:
            self._lock.release()
            raise

    def _load(self, identity: Mapping[str, Any], about: Json) -> None:
        """Read what is there, drop what is half done, and say that the run goes on."""
        self.calls_path = self.folder / "calls.jsonl"
        self.repaired = sum(repair_lines(self.folder / name, ("problem_id",)) for name in PROBLEM_FILES)
        self.manifest = self._manifest(identity, about)
        self._files = {name: _ByProblem(self.folder / name) for name in PROBLEM_FILES}
        self._logged: dict[str, int] = {}
        self.done = self._finished_problems()
        self._drop_unfinished()
        self._session = {"started": now(), "command": about.get("command")}
        self._save("running")

    def _drop_unfinished(self) -> None:
        for file in self._files.values():
            file.rewrite([problem_id for problem_id in file.lines if problem_id in self.done])

    def require_calls(self, lines: Mapping[str, int]) -> None:
        """Take up again the problems of which the call log, with so many lines of each, has lost some. What is left of
        their calls answers them, so that only the lost ones are asked once more."""
        if lost := {name for name in self.done if lines.get(name, 0) < self._logged.get(name, 0)}:
            self.done -= lost
            self._drop_unfinished()

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"The run folder {self.folder} cannot be made: {error.strerror}. --output-dir names another place."
            ) from error

    def _manifest(self, identity: Mapping[str, Any], about: Json) -> Json:
        path = self.folder / "manifest.json"
        fresh = {"schema": SCHEMA, "state": "running", "created": now(), "sessions": []}
        old = read_json(path) if path.exists() else fresh
        found = old.get("identity", identity)
        if digest(found) != digest(identity):
            fields = ", ".join(differing(found, identity)) or "identity"
            raise UsageError(
                f"{self.folder} holds a run of another identity; it differs in {fields}. "
                "Take another --output-dir, or move that folder away."
            )
        return {**fresh, **old, **about, "identity": identity, "identity_digest": digest(identity)}

    def _finished_problems(self) -> set[str]:
        """Those with a line of their own, with all their responses and, where they had one, with their tree."""
        done = set()
        responses, trees = (self._files[name].lines for name in ("responses.jsonl", "trees.jsonl"))
        for _, _, value in read_lines(self.folder / "problems.jsonl"):
            if value is None or value.get("status") != "ok":
                continue
            name = value["problem_id"]
            if len(responses.get(name, ())) == value.get("n") and ("tree_nodes" not in value or name in trees):
                done.add(name)
                self._logged[name] = value.get("logged", 0)
        return done

    def append(self, problem: Json, responses: Sequence[Json], tree: Json | None = None) -> None:
        """Write what is known of one problem; its own line last. Raises IncompleteError where it cannot be written."""
        problem_id = problem["problem_id"]
        for response in responses:
            self._files["responses.jsonl"].append(problem_id, response)
        if tree is not None:
            self._files["trees.jsonl"].append(problem_id, tree)
        self._files["problems.jsonl"].append(problem_id, problem)

    def order(self, problem_ids: Sequence[str]) -> None:
        """Put the lines of every file into the benchmark's order."""
        for file in self._files.values():
            file.rewrite(problem_ids)

    def finish(self, state: str, results: Json | None, **about: Any) -> None:
        """Write the results, the digests of all files and the state, and let the folder go."""
        for file in self._files.values():
            file.close()
        if results is not None:
            write_json(self.folder / "results.json", results)
        if state == "complete":
            self._pack()
        names = [*PROBLEM_FILES, DOCUMENTS, "calls.jsonl", "calls.jsonl.gz", "results.json"]
        present = [self.folder / name for name in names if (self.folder / name).exists()]
        self.manifest["files"] = {p.name: {"sha256": file_digest(p), "bytes": p.stat().st_size} for p in present}
        self.manifest["sessions"] = [*self.manifest["sessions"], {**self._session, "ended": now(), **about}]
        self._save(state)
        self._lock.release()

    def _pack(self) -> None:
        """Compress a long call log; a short one stays a file that one can look into."""
        size = self.calls_path.stat().st_size if self.calls_path.exists() else 0
        packed = archive_of(self.calls_path).exists()
        if size > PACK_FROM or (packed and size):
            pack(self.calls_path)
        elif packed:
            self.calls_path.unlink(missing_ok=True)

    def _save(self, state: str) -> None:
        self.manifest["state"] = state
        self.manifest["updated"] = now()
        write_json(self.folder / "manifest.json", self.manifest)


def differing(a: Any, b: Any, where: str = "") -> list[str]:
    """The dotted names of the fields in which two identities differ."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        keys = sorted({*a, *b})
        return [name for key in keys for name in differing(a.get(key), b.get(key), f"{where}.{key}" if where else key)]
    return [] if digest(a) == digest(b) else [where]


def uses_gold(manifest: Mapping[str, Any]) -> bool:
    """Whether the verifier or the strategy of a run sees the gold answers: its numbers are an analysis, no result."""
    return bool((manifest.get("verifier") or {}).get("uses_gold") or manifest.get("strategy_uses_gold"))


def sibling_logs(out: Path, folder: Path, model: Mapping[str, Any]) -> list[Path]:
    """The call logs of other runs under `out` that were made with the same model."""
    found = []
    for path in sorted(out.glob("*/manifest.json")):
        log = path.parent / "calls.jsonl"
        if path.parent == folder or not (log.exists() or archive_of(log).exists()):
            continue
        try:
            manifest = read_json(path)
        except UsageError:
            continue  # a damaged neighbour shares nothing
        if digest(manifest.get("identity", {}).get("model")) == digest(model):
            found.append(log)
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder as readers see it."""

    folder: Path
    manifest: Json
    derived: Json | None = None
    """Results made anew with other options; they stand for results.json."""

    @staticmethod
    def open(path: Path) -> Run:
        """Raises UsageError if there is no run at `path`."""
        if not (path / "manifest.json").exists():
            near = sorted(p.parent.name for p in path.glob("*/manifest.json")) if path.is_dir() else []
            hint = f" It holds the runs {', '.join(near[:4])}." if near else ""
            raise UsageError(f"There is no run at {path}: it has no manifest.json.{hint}")
        manifest = read_json(path / "manifest.json")
        if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
            raise UsageError(f"{path}/manifest.json is not of schema {SCHEMA}.")
        return Run(path, manifest)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    def results(self) -> Json:
        """results.json. Raises UsageError if the run has none yet."""
        if self.derived is not None:
            return self.derived
        results = read_json(self.folder / "results.json")
        if not isinstance(results, dict) or results.get("schema") != RESULTS_SCHEMA:
            raise UsageError(f"{self.folder}/results.json is not of schema {RESULTS_SCHEMA}.")
        return results

    def lines(self, name: str) -> Iterator[Json]:
        """The records of one of the folder's JSON-lines files; damaged lines are passed over."""
        return (value for _, _, value in read_lines(self.folder / name) if value is not None)

    def by_problem(self) -> Iterator[tuple[Json, list[Json]]]:
        """(problem, its responses), a problem at a time; the files must be in the benchmark's order, as a run ends."""
        responses = self.lines("responses.jsonl")
        waiting = next(responses, None)
        for problem in self.lines("problems.jsonl"):
            own = []
            while waiting is not None and waiting["problem_id"] == problem["problem_id"]:
                own.append(waiting)
                waiting = next(responses, None)
            yield problem, own
