"""What a detector finds and the version it says it has change together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from harness.traces import markers
from harness.traces.scan import detectors, scan
from labelled import snippets

HERE = Path(__file__).parent
PINNED = json.loads((HERE / "versions.json").read_text())
KINDS = {
    "repetition": ("exact", "near", "template"), "formulas": ("restated",), "returns": ("return",),
    "backtracking": ("backtracking",), "verification": ("verification",), "regret": ("regret",),
}  # fmt: skip


def found(name: str) -> str:
    """A digest of all that a detector finds in the snippets."""
    lines: list[object] = []
    for snippet in [*snippets("tuned"), *snippets("held_out")]:
        scanned = scan(snippet.text, "\n\n")
        if name == "steps":
            lines.append((scanned.steps, scanned.tokens))
        elif name == "attempts":
            lines.append([(s.start, s.end, s.answer, s.text) for s in scanned.attempts])
        else:
            lines.append([(e.kind, e.start, e.end, e.of) for e in scanned.events if e.kind in KINDS[name]])
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:12]


@pytest.mark.parametrize("card", detectors(), ids=lambda card: card.name)
def test_a_detector_that_finds_something_else_has_another_version(card: object) -> None:
    name, version = card.name, card.version  # type: ignore[attr-defined]
    now = {"version": version, "found": found(name)}
    assert PINNED[name] == now, (
        f"{name} finds something else, or the snippets changed: raise its version if it is the detector, "
        f"and write {json.dumps(now)} into versions.json"
    )


def test_the_version_of_the_lexicon_is_its_content() -> None:
    text = Path(markers.__file__).with_name("lexicon.toml").read_text()
    own = markers.parse(text)
    assert own.version == markers.lexicon().version
    assert all(card.version.endswith(own.version) for card in markers.detectors())
    assert markers.parse(text.replace("[regret]", "# a remark\n[regret]")).version == own.version
    assert markers.parse(text.replace("whoops", "whoopsie")).version != own.version
    assert markers.parse(text.replace('"so", "but"', '"but", "so"')).version != own.version


def test_every_card_says_what_it_is() -> None:
    for card in detectors():
        assert card.version and len(card.definition) > 80 and card.source, card.name
        assert "{" not in card.definition.replace("\\boxed{", ""), card.name  # every figure is filled in
