"""Laws of the searches over steps: what holds for every seed and parameter, and what they are where they degenerate."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import registry
from harness.backends.toy import Toy
from harness.core import BackendError, Completion, Desk, Path, Prompt, Request, Sampling, Scores, UsageError
from harness.policy import Policy
from harness.verification import Verification
from harness.verifiers.oracle import Oracle
from harness.verifiers.toy import Toy as ToyVerifier
from support import search, small_task

NAMES = ("beam", "best_first", "dvts", "lookahead", "particle_filter")
PROBLEM = small_task(1).problems[0]
PROMPT = Prompt(PROBLEM.id, PROBLEM.statement, PROBLEM.text, PROBLEM.messages, templated=True)


def policy(**sampling: Any) -> Policy:
    chosen = replace(Sampling(temperature=0.8, max_tokens=512), **sampling)
    return Policy(Toy("default", [PROBLEM], step_accuracy=0.7).generate, chosen)


def scored(paths: list[Path], noise: float) -> list[Path]:
    desk: Any = None
    return asyncio.run(Verification(ToyVerifier("default", noise=noise), desk).score(paths))


def paths_of(nodes: list[dict[str, Any]]) -> dict[int, str]:
    """The whole text at every node."""
    texts: dict[int, str] = {}
    for node in nodes:
        texts[node["id"]] = texts.get(node["parent"], "") + node["step"]
    return texts


def spent(nodes: list[dict[str, Any]]) -> int:
    return sum(node["tokens"] + node.get("lookahead_tokens", 0) for node in nodes)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """(strategy, its parameters, the world around it)."""
    name = draw(st.sampled_from(NAMES))
    parameters: dict[str, Any] = {"max_steps": draw(st.integers(1, 7))}
    if name == "best_first":
        parameters |= {"width": draw(st.integers(1, 4)), "expansions": draw(st.integers(1, 12))}
        parameters |= {"theta": draw(st.floats(0.1, 2)), "hopeless": draw(st.none() | st.floats(0.01, 1.2))}
    else:
        parameters["n"] = draw(st.integers(1, 9))
    if name in ("beam", "dvts", "lookahead"):
        parameters["width"] = draw(st.integers(1, 5))
    if name == "lookahead":
        parameters["k"] = draw(st.integers(0, 3))
    sampling = Sampling(
        temperature=draw(st.sampled_from([0.0, 0.8])),
        max_tokens=draw(st.sampled_from([3, 12, 30, 45, 500])),
        seed=draw(st.integers(0, 99)),
    )
    world = {
        "sampling": sampling,
        "budget": draw(st.none() | st.integers(1, 400)),
        "noise": draw(st.sampled_from([0.0, 0.3, 1.0])),
        "step_accuracy": draw(st.sampled_from([0.01, 0.7, 1.0])),
        "problem": draw(st.sampled_from(small_task(4).problems)),
    }
    return name, parameters, world


@settings(deadline=None, max_examples=300, derandomize=True)
@given(cases())
def test_what_holds_for_every_search(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    name, parameters, world = case
    found = search(name, **parameters, **world)
    nodes, candidates, texts = found.nodes, found.selection.candidates, paths_of(found.nodes)
    # A response is finished, scored, within its limit, and a node of the tree that is no duplicate.
    own = [node for node in nodes if node["candidate"] is not None]
    assert candidates
    assert sorted(node["candidate"] for node in own) == list(range(len(candidates)))
    for node in own:
        candidate = candidates[node["candidate"]]
        assert candidate.finished
        assert node["state"] == ("finished" if candidate.whole else "cut")
        assert texts[node["id"]] == candidate.text
        assert candidate.tokens <= world["sampling"].max_tokens
        assert candidate.finish_reason != "budget" or len(candidates) == 1
    # Every token that was paid stands in the tree, and no more than the budget was paid.
    assert spent(nodes) == found.usage.completion_tokens == found.meter.spent
    assert world["budget"] is None or found.meter.spent <= world["budget"]
    assert found.meter.serial <= found.meter.spent
    made = [node["made"] for node in nodes]
    assert made == sorted(made)
    assert made[-1] <= found.meter.spent
    # A duplicate repeats a sibling; only expanded states have children.
    for node in nodes[1:]:
        assert nodes[node["parent"]]["state"] == "expanded"
        if node["state"] == "duplicate":
            assert texts[node["same_as"]] == texts[node["id"]]
            assert nodes[node["same_as"]]["parent"] == node["parent"]
            assert nodes[node["same_as"]]["state"] != "duplicate"
        else:
            assert node["score"] is not None
    assert json.loads(json.dumps(nodes, allow_nan=False)) == nodes


@settings(deadline=None, max_examples=30, derandomize=True)
@given(cases())
def test_a_search_asks_the_same_again(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    name, parameters, world = case
    first, again = search(name, **parameters, **world), search(name, **parameters, **world)
    assert first.requests == again.requests
    assert first.selection == again.selection


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_is_another_search(name: str) -> None:
    trees = [search(name, sampling=Sampling(temperature=0.8, max_tokens=512, seed=seed)).nodes for seed in (0, 1)]
    assert trees[0] != trees[1]


# ---------------------------------------------------------------------------------------------------------- identities


def step_by_step(n: int) -> list[Path]:
    """n responses, each drawn step after step."""
    own, paths, done = policy(), [Path(PROMPT)] * n, list[Path]()
    while paths:
        paths = asyncio.run(own.expand(paths))
        done += [path for path in paths if path.finished]
        paths = [path for path in paths if not path.finished]
    return done


@pytest.mark.parametrize("n", [1, 5])
def test_beam_of_width_1_is_sampling_step_by_step(n: int) -> None:
    plain = step_by_step(n)
    found = search("beam", n=n, width=1)
    assert sorted(found.texts) == sorted(path.text for path in plain)
    assert found.usage.completion_tokens == sum(path.tokens for path in plain)


def test_one_particle_is_sampling_step_by_step() -> None:
    assert search("particle_filter", n=1).texts == [path.text for path in step_by_step(1)]


def test_best_first_of_width_1_is_sampling_step_by_step() -> None:
    found = search("best_first", width=1, max_steps=9, hopeless=None)
    assert found.texts == [path.text for path in step_by_step(1)]


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_dvts_of_one_subtree_is_greedy_under_the_verifier(noise: float) -> None:
    own, path, width, asked = policy(), Path(PROMPT), 4, 0
    while not path.finished:
        children = scored(asyncio.run(own.expand([path], width)), noise)
        asked += width
        path = max(children, key=lambda child: child.score or 0.0)
    found = search("dvts", n=width, width=width, noise=noise)
    best = max(found.selection.candidates, key=lambda candidate: candidate.score or 0.0)
    assert best.text == path.text
    assert len(found.requests) == asked


@pytest.mark.parametrize("n", [4, 6])
def test_lookahead_of_no_steps_is_beam(n: int) -> None:
    assert search("lookahead", n=n, width=2, k=0).selection == search("beam", n=n, width=2).selection


def test_a_beam_of_one_step_is_a_sample_of_responses() -> None:
    responses = asyncio.run(policy().sample(PROMPT, 6))
    for name, parameters in (("beam", {"n": 6}), ("particle_filter", {"n": 6}), ("best_first", {"width": 6})):
        found = search(name, max_steps=1, **parameters)
        assert found.texts == list(dict.fromkeys(response.text for response in responses)), name


def test_lookahead_scores_the_end_of_the_roll_out_and_leaves_beams_draws_alone() -> None:
    found, plain = search("lookahead", n=4, width=2, k=2), search("beam", n=4, width=2)
    texts = paths_of(found.nodes)
    ahead = [node for node in found.nodes if "lookahead" in node]
    assert ahead
    for node in ahead:
        [path] = scored([Path(PROMPT, (texts[node["id"]] + node["lookahead"],))], 0.2)
        assert node["score"] == path.score
        assert len(node["step_scores"]) == texts[node["id"]].count("\n\n")
    greedy = [request for request in found.requests if request.sampling.temperature == 0]
    assert greedy
    assert len(greedy) <= 2 * len(ahead)
    assert found.requests[:4] == plain.requests[:4]


class FirstStep:
    """A verifier to which only the first step of a path matters, so that looking ahead changes no order."""

    partial, uses_gold, concurrency = True, False, 8
    identity: Mapping[str, Any] = {"verifier": "first step"}
    environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        return Scores(outcome=Random(path.text.split("\n\n")[0]).random())

    async def close(self) -> None:
        """Nothing to let go."""


@pytest.mark.parametrize("k", [1, 3])
def test_looking_ahead_leaves_every_draw_of_the_beam_alone(k: int) -> None:
    found = search("lookahead", n=6, width=2, k=k, verifier=FirstStep())
    plain = search("beam", n=6, width=2, verifier=FirstStep())
    drawn = [request for request in found.requests if request.sampling.temperature > 0]
    assert len(drawn) < len(found.requests)
    assert drawn == plain.requests
    assert found.texts == plain.texts


def test_the_command_takes_a_lookahead_of_0() -> None:
    target = registry.component("strategy", "lookahead")
    assert registry.options(target, ["k=0"], flag="-S", owner="lookahead")["k"] == 0
    with pytest.raises(UsageError, match="not negative"):
        registry.options(target, ["k=-1"], flag="-S", owner="lookahead")


@pytest.mark.parametrize("name", ["beam", "dvts"])
def test_no_level_asks_for_more_than_n(name: str) -> None:
    found = search(name, n=2, width=5, step_accuracy=0.99)
    per_level = Counter(request.prefix.count("\n\n") for request in found.requests)
    assert set(per_level.values()) == {2}
    assert len(per_level) > 2


# -------------------------------------------------------------------------------------------------- degenerate searches


async def at_once(request: Request) -> Completion:
    """A model that has finished after one step, differently at each draw."""
    return Completion(f"It is \\boxed{{{request.sampling.seed % 100}}}.", 5, 4, "eos")


@pytest.mark.parametrize("name", NAMES)
def test_everything_finishes_at_the_first_step(name: str) -> None:
    found = search(name, engine=at_once)
    assert {node["parent"] for node in found.nodes[1:]} == {0}
    assert all(candidate.whole for candidate in found.selection.candidates)
    assert len(set(found.texts)) == len(found.texts)


@pytest.mark.parametrize("name", NAMES)
def test_identical_children_are_one_state_and_all_are_paid(name: str) -> None:
    found = search(name, sampling=Sampling(temperature=0.0, max_tokens=512), step_accuracy=1.0)
    states = Counter(node["state"] for node in found.nodes)
    assert states["duplicate"] > 0
    assert (states["expanded"], states["finished"]) == (4, 1)  # the prompt, three steps, and the response
    assert len(found.texts) == 1
    assert spent(found.nodes) == found.usage.completion_tokens


@pytest.mark.parametrize("name", NAMES)
def test_a_budget_below_one_step_gives_one_marked_answer(name: str) -> None:
    found = search(name, budget=3)
    [candidate] = found.selection.candidates
    assert (candidate.finish_reason, candidate.tokens, found.meter.spent) == ("budget", 3, 3)
    assert [node["state"] for node in found.nodes] == ["expanded", "cut"]
    assert len(found.requests) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_step_cut_by_the_limit_is_cut_and_never_chosen_over_a_whole_one(name: str) -> None:
    found = search(name, sampling=Sampling(temperature=0.8, max_tokens=14))
    assert {candidate.finish_reason for candidate in found.selection.candidates} == {"length"}
    assert all(node["state"] != "finished" for node in found.nodes)
    assert "cut" in {node["state"] for node in found.nodes}


@pytest.mark.parametrize("name", ["beam", "dvts", "lookahead", "particle_filter"])
def test_the_calls_of_a_level_go_out_together(name: str) -> None:
    """Seen from the engine: as many calls wait at once as there are draws in a level."""
    waiting = most = 0
    toy = Toy("default", [PROBLEM], step_accuracy=0.7)

    async def slow(request: Request) -> Completion:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.001)
        waiting -= 1
        return await toy.generate(request)

    search(name, engine=slow)
    assert most == 16


class Wrong:
    """A verifier that fails in one of several ways."""

    partial, uses_gold, concurrency = True, False, 8

    def __init__(self, how: str) -> None:
        self._how = how
        self.identity: dict[str, Any] = {"verifier": "wrong", "how": how}
        self.environment: dict[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        if self._how == "raises":
            raise BackendError("the verifier broke", retryable=False)
        return Scores((0.5,) * (len(path.steps) + 1)) if self._how == "count" else Scores(outcome=math.nan)

    async def close(self) -> None:
        """Nothing to let go."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["raises", "count", "nan"])
def test_no_score_is_an_error_and_not_0(name: str, how: str) -> None:
    with pytest.raises(BackendError):
        search(name, verifier=Wrong(how))


@pytest.mark.parametrize("name", NAMES)
def test_a_verifier_of_whole_responses_cannot_guide_a_search(name: str) -> None:
    with pytest.raises(UsageError, match="finished responses only"):
        search(name, verifier=Oracle())
