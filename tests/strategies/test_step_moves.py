"""The single moves of the searches over steps, in worlds that are written down."""

from __future__ import annotations

import math
from collections import Counter
from random import Random
from typing import Any

from strategies.test_step_searches import PROMPT, paths_of

from harness.core import Completion, Desk, Path, Request, Sampling, Scores
from harness.strategies.particle_filter import resampled
from harness.tree import Node
from support import Search, search


class Script:
    """A world written down: the steps that may follow a text, in the order of the draws, and what each is worth."""

    partial, uses_gold, concurrency = True, False, 8

    def __init__(self, steps: dict[str, list[tuple[str, float]]]) -> None:
        self._steps = steps
        self._value = {before + step: value for before, pairs in steps.items() for step, value in pairs}
        self._drawn: Counter[str] = Counter()
        self.identity: dict[str, Any] = {"verifier": "script"}
        self.environment: dict[str, Any] = {}

    async def generate(self, request: Request) -> Completion:
        name = request.prefix.replace("\n\n", "")
        step = self._steps[name][self._drawn[name] % len(self._steps[name])][0]
        self._drawn[name] += 1
        whole = step.endswith("!")
        return Completion(step, 1, 1, "eos" if whole else "stop", None if whole else "\n\n")

    async def score(self, path: Path, desk: Desk) -> Scores:
        return Scores(outcome=self._value[path.text.replace("\n\n", "")])

    async def close(self) -> None:
        """Nothing to let go."""


def scripted(name: str, steps: dict[str, list[tuple[str, float]]], **parameters: Any) -> Search:
    world = Script(steps)
    return search(name, engine=world.generate, verifier=world, **parameters)


def by_text(found: Search) -> dict[str, dict[str, Any]]:
    texts = paths_of(found.nodes)
    return {texts[n["id"]].replace("\n\n", ""): n for n in found.nodes if n["state"] != "duplicate"}


def test_best_first_drops_the_hopeless_and_returns_to_the_promising() -> None:
    steps = {
        "": [("a", 0.9), ("b", 0.6), ("c", 0.05)],
        "a": [("d", 0.3), ("e", 0.2), ("f", 0.01)],
        "b": [("g", 0.8), ("h", 0.1), ("i", 0.5)],
        "bg": [("j!", 0.95), ("k!", 0.4), ("l", 0.7)],
    }
    found = scripted("best_first", steps, width=3, theta=0.9)
    nodes = by_text(found)
    orders = {text: node["order"] for text, node in nodes.items() if "order" in node}
    assert orders == {"": 0, "a": 1, "b": 2, "bg": 3}  # from the best of a's children back to b
    assert {text for text, node in nodes.items() if node["state"] == "pruned"} == {"c", "af"}
    assert {text for text, node in nodes.items() if node["state"] == "open"} == {"ad", "ae", "bh", "bi", "bgl"}
    assert [text.replace("\n\n", "") for text in found.texts] == ["bgj!", "bgk!"]


def test_best_first_goes_on_below_theta_and_stops_at_its_expansions() -> None:
    steps = {"": [("a!", 0.5), ("b", 0.4)], "b": [("c!", 0.6), ("d!", 0.7)]}
    assert len(scripted("best_first", steps, width=2, theta=0.5).requests) == 2
    assert len(scripted("best_first", steps, width=2, theta=0.65).requests) == 4
    assert len(scripted("best_first", steps, width=2, theta=0.65, expansions=1).requests) == 2


def test_best_first_finishes_the_most_promising_state_where_all_is_hopeless() -> None:
    steps = {"": [("a", 0.02), ("b", 0.05)], "b": [("c!", 0.5)]}
    found = scripted("best_first", steps, width=2, hopeless=0.1)
    assert [text.replace("\n\n", "") for text in found.texts] == ["bc!"]
    assert by_text(found)["a"]["state"] == "pruned"


def test_beam_keeps_the_best_across_parents_and_finished_paths_leave_it() -> None:
    steps = {
        "": [("a", 0.5), ("b", 0.9), ("c!", 0.8), ("d", 0.7)],
        "b": [("e", 0.1), ("f", 0.2)],
        "d": [("g", 0.6), ("h", 0.3)],
        "dg": [("i!", 0.4), ("j!", 0.3)],
        "dh": [("k!", 0.2), ("l!", 0.1)],
    }
    found = scripted("beam", steps, n=4, width=2)
    nodes = by_text(found)
    assert {text for text, node in nodes.items() if node["state"] == "pruned"} == {"a", "be", "bf"}
    assert [text.replace("\n\n", "") for text in found.texts] == ["c!", "dgi!", "dgj!", "dhk!", "dhl!"]


def test_dvts_keeps_one_path_per_subtree_and_no_unfinished_sibling() -> None:
    steps = {
        "": [("a", 0.9), ("b", 0.8), ("c", 0.2), ("d", 0.3)],
        "a": [("e!", 0.7), ("f", 0.6)],
        "d": [("g!", 0.1), ("h", 0.5)],
        "dh": [("i!", 0.4), ("j!", 0.3)],
    }
    found = scripted("dvts", steps, n=4, width=2)
    assert [text.replace("\n\n", "") for text in found.texts] == ["ae!", "dhi!", "dhj!"]
    states = {text: node["state"] for text, node in by_text(found).items()}
    assert states["b"] == states["c"] == states["af"] == "pruned"  # b was better than d, in the other subtree
    assert states["dg!"] == "finished"  # and rejected: no candidate


def test_particles_are_drawn_in_proportion_to_the_odds() -> None:
    scores = (0.5, 0.8, 0.2, 0.0)
    particles = [Node(i, None, Path(PROMPT, score=score), 0, 0) for i, score in enumerate(scores)]
    count: Counter[int] = Counter()
    for seed in range(5000):
        count.update(particle.id for particle in resampled(particles, Random(seed)))
    total, odds = 4 * 5000, [1.0, 4.0, 0.25, 0.0]
    for i, weight in enumerate(odds):
        share = weight / sum(odds)
        assert abs(count[i] / total - share) <= 4 * math.sqrt(share * (1 - share) / total) + 1e-6


def test_certain_scores_do_not_break_the_odds() -> None:
    particles = [Node(i, None, Path(PROMPT, score=score), 0, 0) for i, score in enumerate((0.0, 1.0, -3.0, 7.0))]
    assert {particle.id for particle in resampled(particles, Random(0))} <= {1, 3}


def test_a_finished_particle_stays_in_the_drawing() -> None:
    steps = {"": [("a!", 0.999999), ("b", 1e-6)], "b": [("c!", 0.5)]}
    found = scripted("particle_filter", steps, n=8)
    assert [text.replace("\n\n", "") for text in found.texts] == ["a!"]
    assert found.selection.weights == {"particles": [8.0]}
    assert by_text(found)["b"]["state"] == "pruned"


def test_subtrees_that_meet_in_one_text_draw_from_it_each_and_share_what_they_find() -> None:
    steps = {
        "": [("a", 0.9), ("b", 0.1), ("a", 0.9), ("c", 0.2)],
        "a": [("d!", 0.5), ("e!", 0.7), ("e!", 0.7), ("g!", 0.1)],
    }
    found = scripted("dvts", steps, n=4, width=2)
    assert [text.replace("\n\n", "") for text in found.texts] == ["ad!", "ae!", "ag!"]
    assert Counter(request.prefix for request in found.requests) == {"": 4, "a\n\n": 4}
    states = Counter(node["state"] for node in found.nodes)
    assert (states["duplicate"], states["finished"], states["pruned"]) == (2, 3, 2)


def test_particles_are_not_drawn_anew_when_the_budget_is_spent() -> None:
    steps = {"": [("a", 0.9), ("b", 1e-9), ("c", 1e-9), ("d", 1e-9)], "a": [("e!", 0.9)]}
    free = scripted("particle_filter", steps, n=4)
    assert by_text(free)["b"]["state"] == "pruned"  # the drawing leaves all on a
    found = scripted("particle_filter", steps, n=4, budget=4, sampling=Sampling(temperature=0.8, max_tokens=1))
    assert found.meter.spent == 4
    assert "pruned" not in {node["state"] for node in found.nodes}
