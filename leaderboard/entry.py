"""An entry: one run as the leaderboard keeps it, small enough for a pull request.

`<id>.json` (schema "harness.entry/1", published as entry.schema.json) has every aggregate and what identifies the run;
`<id>.samples.jsonl.gz` beside it has a line per problem, from which every aggregate can be computed again. Attached as
"numbers", the lines hold counts, verdicts, scores and tokens and no text at all: equal answers share a number, `vote`.
Attached as "transcripts" they hold statements, gold answers, responses and the steps of trees besides.

An entry can be read as a run (`Entry.run`), so that every report, comparison and estimator takes both.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from harness.analysis.cost import cost_rows, costs
from harness.analysis.selection import choices_of, quality_rows, selection_rows
from harness.core import IncompleteError, UsageError
from harness.files import digest, dumps, read_json, replacing, write_text
from harness.outcomes import DRAWING
from harness.run import WHOLE, Json, Run
from leaderboard.samples import as_problem, as_responses, gzipped, read_samples, samples, without_text

SCHEMA = "harness.entry/1"
Attach = Literal["numbers", "transcripts"]
LABELS = ("recomputed", "reproduced", "self-reported")
"""`recomputed`: the aggregates follow from attached samples. `reproduced`: somebody else's run agrees. Else the
submitter's word stands alone."""
_RESULTS = ("problems", "judge", "usage", "cluster", "bootstrap", "metrics", "curves")


class Tally(NamedTuple):
    """One problem of a run in numbers: what comparing and ranking need, without its responses."""

    level: Any
    subject: str | None
    status: str
    n: int
    c: int
    unjudged: int
    correct: bool | None
    tokens: int
    """Completion tokens of all its responses, and of pruned branches."""


@dataclass(frozen=True)
class Entry:
    """One row of the leaderboard. `data` is the JSON file; samples come from the file beside it, or from a run folder
    (`source`) that has not been made into files. `withheld` says that no text may leave: see `redact`."""

    data: Json
    path: Path | None = None
    source: Run | None = None
    statements: Mapping[str, str] = field(default_factory=dict, repr=False)
    withheld: bool = False

    @property
    def id(self) -> str:
        """Its name in addresses and files."""
        return str(self.data["id"])

    @property
    def href(self) -> str:
        """The run's page, from the root of the site."""
        return f"run/{self.id}.html"

    @property
    def task(self) -> str:
        """The task's name."""
        return str(self.data["task"]["name"])

    @property
    def model(self) -> str:
        """The model as the user named it."""
        return str(self.data["model"])

    @property
    def strategy(self) -> str:
        """The strategy's name."""
        return str(self.data["strategy"]["name"])

    @property
    def parameters(self) -> Json:
        """The strategy's parameters."""
        found: Json = self.data["strategy"]["parameters"]
        return found

    @property
    def verifier(self) -> str | None:
        """The verifier's name."""
        return (self.data["verifier"] or {}).get("name")

    @property
    def date(self) -> str:
        """The day on which the run began, UTC."""
        return str(self.data["created"])[:10]

    @property
    def metric(self) -> str:
        """The metric by which it is ranked: the mean over the responses where a strategy only draws them."""
        return "pass@1" if self.strategy == "sample" else "accuracy"

    @property
    def drawing(self) -> bool:
        """Whether its responses are independent draws, so that a smaller k is a smaller budget."""
        return self.strategy in DRAWING

    @cached_property
    def rows(self) -> dict[tuple[str, Any, str, int | None], Json]:
        """The metrics by (group, value of the group, metric, k)."""
        return {(r["group"], r["value_of_group"], r["metric"], r["k"]): r for r in self.data["results"]["metrics"]}

    def row(self, metric: str, k: int | None = None, group: str = "all", value: Any = None) -> Json | None:
        """One row of the metrics; `pass@1` is pass@k at k = 1. None where it is missing or has no value."""
        if found := re.fullmatch(r"([a-z-]+[@^])(\d+)", metric):
            metric, k = f"{found[1]}k", int(found[2])
        row = self.rows.get((group, value, metric, k))
        return None if row is None or row["value"] is None else row

    def groups(self, name: str) -> list[Any]:
        """The levels or the subjects that it has results of, in order."""
        return list(dict.fromkeys(v for g, v, _, _ in self.rows if g == name))

    @property
    def textual(self) -> bool:
        """Whether there are texts to show: statements, answers, responses."""
        return self.data["attach"] == "transcripts" and not self.withheld

    @cached_property
    def tallies(self) -> dict[str, Tally]:
        """The problems in numbers by id, in the benchmark's order: kept from the first whole reading of the samples."""
        return {sys.intern(line["problem_id"]): _tally(line) for line in self._read()}

    def problems(self) -> Iterator[Json]:
        """The sample lines in the benchmark's order, read as they are asked for; none where no samples are attached."""
        return (line if self.textual else without_text(line) for line in self._lines())

    def _lines(self) -> Iterator[Json]:
        """The lines as they are; their tallies are kept on the way, since reading is what takes time."""
        if "tallies" in self.__dict__:
            yield from self._read()
            return
        found = {}
        for line in self._read():
            found[sys.intern(line["problem_id"])] = _tally(line)
            yield line
        self.__dict__["tallies"] = found

    def _read(self) -> Iterator[Json]:
        return samples(self.source, self.statements) if self.source else read_samples(self.samples_path)

    @property
    def samples_path(self) -> Path | None:
        """The samples file, where one is attached. Raises UsageError where the entry names another folder's."""
        about = self.data["samples"]
        if about is None or self.path is None:
            return None
        if Path(about["file"]).name != about["file"]:
            raise UsageError(f"{self.path} names the samples file '{about['file']}', which is not beside it.")
        return self.path.with_name(about["file"])

    def run(self) -> Run:
        """The entry in the form of a run, for reports, comparisons and estimators. It has no call log."""
        return _EntryRun(self.path or Path(self.id), _manifest(self.data), self.data["results"], self)


def _tally(line: Json) -> Tally:
    tokens = (line["usage"] or {}).get("completion_tokens", 0)
    counts = line["n"], line["c"], line["unjudged"]
    return Tally(line["level"], line["subject"], line["status"], *counts, line["correct"], tokens)


class _EntryRun(Run):
    """Reads sample lines as the files of a run folder."""

    def __init__(self, folder: Path, manifest: Json, derived: Json, entry: Entry) -> None:
        super().__init__(folder, manifest, derived)
        object.__setattr__(self, "entry", entry)

    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.id

    def lines(self, name: str) -> Iterator[Json]:
        if name == "trees.jsonl":
            return ({"problem_id": p["problem_id"], **p["tree"]} for p in self.entry.problems() if p["tree"])
        if name == "problems.jsonl":
            return (as_problem(sample) for sample in self.entry.problems())
        if name == "responses.jsonl":
            return (response for sample in self.entry.problems() for response in as_responses(sample))
        return iter(())

    def by_problem(self) -> Iterator[tuple[Json, list[Json]]]:
        for sample in self.entry.problems():
            yield as_problem(sample), as_responses(sample)


# ----------------------------------------------------------------------------------------------- made from a run folder


def slug(text: str) -> str:
    """A name for files and addresses; two texts share one only if they are equal, cases apart included."""
    safe = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.")[:80] or "x"
    return safe if safe == text else f"{safe}-{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def name_of(run: Run) -> str:
    """The id of a run's entry: task, model, strategy, 8 hex of the identity."""
    identity = run.manifest["identity"]
    parts = (identity["task"]["name"], run.manifest["model"], identity["strategy"]["name"])
    words = [re.sub(r"[^a-z0-9._]+", "-", str(part).lower()).strip("-.")[:60] or "x" for part in parts]
    return "-".join([*words, run.manifest["identity_digest"][:8]])


def of_run(
    run: Run,
    *,
    attach: Attach = "transcripts",
    statements: Mapping[str, str] | None = None,
    after: str | None = None,
) -> Entry:
    """A finished run as an entry that reads its samples from the run's folder. `after` is the id of the one it follows.

    Raises IncompleteError for a run that is not complete, UsageError where its results are missing."""
    state = run.manifest["state"]
    if state not in WHOLE:
        raise IncompleteError(
            f"{run.folder} is {state}; an entry needs every problem. Finish it with the command that began it."
        )
    manifest, results = run.manifest, run.results()
    found = choices_of(run)
    data: Json = {
        "schema": SCHEMA,
        "id": name_of(run),
        "label": "recomputed",
        "created": manifest["created"],
        "task": manifest["identity"]["task"],
        "model": manifest["model"],
        "strategy": manifest["identity"]["strategy"],
        "verifier": manifest.get("verifier"),
        "judge": manifest.get("judge"),
        "budget": manifest["identity"].get("budget"),
        "ks": manifest.get("ks"),
        "command": _command(manifest.get("command") or []),
        "attach": attach,
        "after": after,
        "reproduction": None,
        "results": {name: results[name] for name in _RESULTS},
        "analysis": {"selection": selection_rows(found), "quality": quality_rows(found)},
        "cost": [row for row in cost_rows(costs(run)) if row["group"] == "all"],
        "manifest": {
            **{name: manifest[name] for name in ("identity", "identity_digest", "environment", "files")},
            "warnings": list(manifest.get("warnings", ())),
            "seconds": sum(session.get("seconds", 0.0) for session in manifest.get("sessions", ())),
        },
        "samples": None,
    }
    return Entry(sealed(data), source=run, statements=statements or {})


def _command(words: list[str]) -> list[str]:
    """The command without the place where its files went, which no number depends on."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word.startswith(("--output-dir=", "--output-path=")):
            skip = False
        elif word in ("--output-dir", "--output-path"):
            skip = True
        else:
            kept.append(word)
    return kept


def sealed(data: Json) -> Json:
    """The data with the digest of everything else in it: an edited number no longer fits."""
    rest = {name: value for name, value in data.items() if name != "digest"}
    return {**rest, "digest": digest(rest)}


def _manifest(data: Json) -> Json:
    """The manifest of a run, as far as an entry keeps it."""
    kept = {name: data[name] for name in ("created", "model", "verifier", "judge", "ks", "command")}
    return {"schema": "harness.run/1", "state": "complete", **kept, **data["manifest"], "problem_ids": _ids(data)}


def _ids(data: Json) -> range:
    """As many as there were: results count the selected problems."""
    return range(data["results"]["problems"]["selected"])


# -------------------------------------------------------------------------------------------------------------- on disk


def write(entry: Entry, folder: Path) -> Entry:
    """Write an entry of a run folder with its samples; the same run gives the same bytes. Raises IncompleteError."""
    name = f"{entry.id}.samples.jsonl.gz"
    content = gzipped(dumps(line) + "\n" for line in entry.problems())
    with replacing(folder / name) as stream:
        stream.write(content)
    counts = entry.data["results"]["problems"]
    about = {"file": name, "sha256": sha256(content).hexdigest(), "bytes": len(content)}
    data = sealed({**entry.data, "samples": {**about, "problems": counts["finished"] + counts["errors"]}})
    return save(Entry(data), folder)


def save(entry: Entry, folder: Path) -> Entry:
    """Write the JSON file alone, a row of a table a line, so that a diff can be read. Raises IncompleteError."""
    path = folder / f"{entry.id}.json"
    write_text(path, _text(entry.data) + "\n")
    return Entry(entry.data, path)


def _text(value: Any, indent: str = "") -> str:
    """JSON whose innermost objects and lists stand on one line."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(part, dict | list) for part in parts):
        return dumps(value)
    deeper = indent + " "
    if isinstance(value, dict):
        lines = [f"{deeper}{dumps(name)}: {_text(part, deeper)}" for name, part in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    lines = [deeper + _text(part, deeper) for part in value]
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"


def read(path: Path) -> Entry:
    """The entry of a file. Raises UsageError where it is missing, damaged or of another schema."""
    data = read_json(path)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise UsageError(f"{path} is not of schema {SCHEMA}. `harness leaderboard add RUN` makes an entry.")
    if data.get("id") != path.stem or not re.fullmatch(r"[a-z0-9_][a-z0-9._-]*", path.stem):
        raise UsageError(
            f"{path} has the id '{data.get('id')}', which must be the file's name. See `harness leaderboard check`."
        )
    return Entry(data, path)


def read_folder(folder: Path) -> list[Entry]:
    """The entries of a folder by name. Raises UsageError where there is no such folder."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. `harness leaderboard add RUN` makes entries.")
    return [read(path) for path in sorted(folder.glob("*.json"))]


def redact(entry: Entry) -> Entry:
    """The same entry with every text of its problems and responses withheld."""
    return replace(entry, withheld=True)
