"""Precision and recall of the detectors on snippets labelled by hand, printed (`pytest -s`) and held to a floor.

`tuned` are the snippets that the lexicon and the rules were made with. `held_out` were written before them (1, 2) or
after (3); of what they showed to be wrong, rules of returns and of stated answers were changed (benchmarks/RESULTS.md
says which, and the first figures); the lexicon was changed for what a real trace showed."""

from __future__ import annotations

import pytest

from labelled import KINDS, confusion, read, snippets, table

# (precision, recall) that must be reached; where there are fewer than ten labels, one mistake more is let pass.
FLOORS = {
    "tuned": {
        "backtracking": (0.97, 0.97), "verification": (0.95, 0.95), "regret": (0.92, 0.92), "restated": (0.8, 0.8),
        "exact": (0.75, 0.75), "near": (0.5, 0.5), "template": (0.75, 0.75), "return": (0.5, 0.5),
        "attempt": (0.95, 0.95),
    },
    "held_out": {
        "backtracking": (0.9, 0.95), "verification": (0.85, 0.92), "regret": (0.85, 0.85), "restated": (0.9, 0.9),
        "exact": (0.85, 0.85), "near": (0.75, 0.6), "template": (0.75, 0.75), "return": (0.5, 0.6),
        "attempt": (0.8, 0.9),
    },
}  # fmt: skip


@pytest.mark.parametrize("part", ["tuned", "held_out"])
def test_precision_and_recall(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    counts, wrong = confusion(part)
    with capsys.disabled():
        print(f"\n{table(part)}")
    for kind, own in counts.items():
        precision = own["right"] / max(1, own["right"] + own["spurious"])
        recall = own["right"] / max(1, own["right"] + own["missed"])
        floor = FLOORS[part][kind]
        assert precision >= floor[0] and recall >= floor[1], (kind, precision, recall, wrong)


def test_there_are_enough_snippets_of_every_kind_and_without_any() -> None:
    every = [*snippets("tuned"), *snippets("held_out")]
    assert len(every) >= 250 and len({snippet.name for snippet in every}) == len(every)
    assert sum(not snippet.labels for snippet in every) >= 60  # hard negatives
    assert len({snippet.text for snippet in every}) == len(every)
    found = [kind for snippet in every for kind, _, _ in snippet.labels]
    assert min(found.count(kind) for kind in KINDS.values()) >= 4


def test_a_label_is_read_with_its_place_and_answer() -> None:
    snippet = read("x", "So ⟨b⟩Wait, no. ⟨a:12⟩The answer is 12.")
    assert snippet.text == "So Wait, no. The answer is 12."
    assert snippet.labels == {("backtracking", 3, ""), ("attempt", 13, "12")}
