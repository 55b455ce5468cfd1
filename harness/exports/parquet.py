"""Tidy tables for pandas, Polars, DuckDB and `datasets`: a Parquet file each.

    OUT/responses.parquet   a row per candidate response
    OUT/problems.parquet    a row per problem, failed ones too
    OUT/metrics.parquet     a row per metric, k and group, as in results.json
    OUT/nodes.parquet       a row per node of a search tree, where a run has trees

Every table begins with run, task, model and strategy, so that several runs are one table. Levels are text, since some
benchmarks number them and others do not. Lists that differ in length (step scores, human tokens) are lists.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

from harness.core import Usage
from harness.exports._text import Cleaner
from harness.files import replacing
from harness.run import Json, Run

HELP = "tidy tables (responses, problems, metrics, nodes) as Parquet"
CHUNK = 4096
"""Rows held in memory at once."""
HEAD = {"run": "text", "task": "text", "model": "text", "strategy": "text", "parameters": "text"}
USAGE = {field.name: "int" for field in fields(Usage)}
TABLES: dict[str, dict[str, str]] = {
    "responses": {
        **HEAD,
        **dict.fromkeys(("problem_id", "level", "subject"), "text"),
        "index": "int",
        **dict.fromkeys(("text", "answer", "canonical"), "text"),
        **dict.fromkeys(("correct", "chosen", "judge"), "bool"),
        **dict.fromkeys(("reason", "rule", "finish_reason"), "text"),
        "score": "float",
        "step_scores": "floats",
        **dict.fromkeys(("completion_tokens", "thinking_tokens", "forced_tokens"), "int"),
    },
    "problems": {
        **HEAD,
        **dict.fromkeys(("problem_id", "level", "subject"), "text"),
        "difficulty": "float",
        **dict.fromkeys(("status", "error", "gold", "answer"), "text"),
        "correct": "bool",
        **dict.fromkeys(("n", "c", "unjudged"), "int"),
        **USAGE,
        "human_tokens": "ints",
    },
    "metrics": {
        **HEAD,
        "metric": "text",
        "k": "int",
        **dict.fromkeys(("group", "value_of_group"), "text"),
        **dict.fromkeys(("value", "se", "low", "high", "se_samples", "q25", "median", "q75"), "float"),
        **dict.fromkeys(("problems", "unjudged"), "int"),
    },
    "nodes": {
        **HEAD,
        "problem_id": "text",
        **dict.fromkeys(("id", "parent"), "int"),
        "step": "text",
        **dict.fromkeys(("tokens", "made"), "int"),
        "state": "text",
        "score": "float",
        "visits": "int",
        "value": "float",
        **dict.fromkeys(("same_as", "candidate"), "int"),
        "finish_reason": "text",
    },
}
"""The columns of each table and what they hold."""


def export(runs: Sequence[Run], output: Path, options: argparse.Namespace) -> str:
    """Write the tables of all runs into the folder `output`; the result says what was written."""
    output.mkdir(parents=True, exist_ok=True)
    cleaner = Cleaner()
    rows = {"responses": _responses, "problems": _problems, "metrics": _metrics, "nodes": _nodes}
    counts = {}
    for name, columns in TABLES.items():
        found = ({**head, **row} for run in runs for head in [_head(run)] for row in rows[name](run))
        if name == "nodes" and not any((run.folder / "trees.jsonl").exists() for run in runs):
            continue
        counts[name] = _write(output / f"{name}.parquet", columns, map(cleaner.value, found))
    listed = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f"Tables of {len(runs)} runs under {output}: {listed}.{cleaner.note()}"


def _write(path: Path, columns: dict[str, str], rows: Iterable[Json]) -> int:
    """One table, a chunk at a time; the result is its number of rows."""
    import pyarrow as pa
    from pyarrow import parquet

    types: dict[str, Any] = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    types |= {"floats": pa.list_(pa.float64()), "ints": pa.list_(pa.int64())}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    count, source = 0, iter(rows)
    with replacing(path) as stream, parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        while chunk := list(islice(source, CHUNK)):
            writer.write_table(pa.Table.from_pylist([{c: row.get(c) for c in columns} for row in chunk], schema))
            count += len(chunk)
    return count


def _head(run: Run) -> Json:
    """What every row of a run begins with."""
    identity = run.manifest["identity"]
    strategy = identity["strategy"]
    return {
        "run": run.name,
        "task": identity["task"]["name"],
        "model": run.manifest["model"],
        "strategy": strategy["name"],
        "parameters": json.dumps(strategy["parameters"], sort_keys=True),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _responses(run: Run) -> Iterator[Json]:
    for problem, responses in run.by_problem():
        for response in responses:
            about = {"level": _text(problem["level"]), "subject": problem["subject"]}
            yield {**response, **about, **response["usage"]}


def _problems(run: Run) -> Iterator[Json]:
    for problem in run.lines("problems.jsonl"):
        yield {**problem, **(problem.get("usage") or {}), "level": _text(problem["level"])}


def _metrics(run: Run) -> Iterator[Json]:
    for row in run.results()["metrics"]:
        yield {**row, "value_of_group": _text(row["value_of_group"])}


def _nodes(run: Run) -> Iterator[Json]:
    for tree in run.lines("trees.jsonl"):
        for node in tree["nodes"]:
            yield {**node, "problem_id": tree["problem_id"]}
