"""HARP's human solutions by level against its published figures, through the command line, on the real data.

The published lengths are in tokens of GPT-4o's tokenizer (o200k_base), medians read off a box plot, means off a
figure, both pooled over all solutions of a level. Another tokenizer splits the same texts finer; if that is all, its
numbers are the published ones times one factor at every level.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.models import smollm2

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_data"), pytest.mark.filterwarnings("ignore")]

PROBLEMS = [799, 1505, 1363, 719, 197, 197]
SOLUTIONS = [1349, 2846, 3024, 1729, 647, 626]
PUBLISHED_MEDIANS = [101, 149, 236, 339, 380, 472]
PUBLISHED_MEANS = [127.9, 194.8, 293.9, 420.0, 458.7, 555.0]
PUBLISHED_QUARTILES = [(70, 148), (97, 237), (157, 363), (218, 529), (259, 571), (323, 692)]
FACTOR = 1.10
"""Tokens of SmolLM2's tokenizer per token of o200k_base on these solutions, as measured here."""


def test_human_tokens_by_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    smollm2()
    assert main(["eval", "harp", "--model", "toy/default", "--output-dir", str(tmp_path)]) == 0
    [folder] = tmp_path.iterdir()
    capsys.readouterr()
    assert main(["report", str(folder), "--tokens", "--count-with", "smollm2", "--format", "json"]) == 0
    rows = [r for r in json.loads(capsys.readouterr().out) if r["counted_with"] == "smollm2" and r["group"] == "level"]

    def each(metric: str, name: str) -> list[Any]:
        return [r[name] for r in rows if r["metric"] == metric]

    assert each("human_tokens", "problems") == PROBLEMS
    assert each("pooled_human_tokens", "solutions") == SOLUTIONS
    for name, published in (
        ("median", PUBLISHED_MEDIANS),
        ("value", PUBLISHED_MEANS),
        ("q25", [low for low, _ in PUBLISHED_QUARTILES]),
        ("q75", [high for _, high in PUBLISHED_QUARTILES]),
    ):
        found = each("pooled_human_tokens", name)
        assert found == sorted(found)
        factors = [ours / theirs for ours, theirs in zip(found, published, strict=True)]
        assert factors == pytest.approx([FACTOR] * 6, rel=0.02), (name, factors)
        growth = [number / found[0] for number in found]
        assert growth == pytest.approx([number / published[0] for number in published], rel=0.03)
