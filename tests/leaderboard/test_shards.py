"""Shards, counts and trees without a browser: nothing is lost, nothing is too large."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import UsageError
from leaderboard.counts import Catalogue, Counts
from leaderboard.shards import packed, script, text
from leaderboard.transcripts import NODES, Chosen, response, tree

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_a_shard_is_json_that_ends_no_script(value: Any) -> None:
    made = text(value)
    assert "</" not in made
    assert "<!" not in made
    replaced = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    assert json.loads(made) == replaced
    assert script("key", value) == f'H.put("key",{made});\n'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        text(value)


def read(content: bytes) -> tuple[str, Any]:
    inner = content.decode().removeprefix("H.put(").removesuffix(");\n")
    key, value = json.loads(f"[{inner}]")
    return key, value


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=50)), max_size=40), st.integers(20, 200))
def test_parts_come_back_in_their_order(parts: list[tuple[str, str]], limit: int) -> None:
    shards = [read(content) for _, content in packed("t/x/", parts, limit)]
    assert [key for key, _ in shards] == [f"t/x/{i}" for i in range(len(shards))]
    for name in "abc":
        found = [part for _, shard in shards for part in shard.get(name, [])]
        assert found == [part for own, part in parts if own == name]
    assert [names for names, _ in packed("t/x/", parts, limit)] == [list(shard) for _, shard in shards]


def test_shards_stay_within_their_size_even_of_noise() -> None:
    rng = random.Random(1)
    noise = ["".join(chr(rng.randrange(32, 0x3000)) for _ in range(20_000)) for _ in range(30)]
    for _, content in packed("t/", (("0", part) for part in noise)):
        assert len(gzip.compress(content, 9)) <= 80 * 1024


def line(number: int = 0, **fields: Any) -> dict[str, Any]:
    responses = [{"index": 0, "correct": True, "finish_reason": "eos"}]
    return {"problem_id": f"p/{number}", "level": 1, "subject": "a", "status": "ok", "n": 1, "c": 1, "correct": True,
            "chosen": 0, "usage": {"completion_tokens": 5}, "responses": responses, "tree": None, **fields}  # fmt: skip


def answer(words: str, scores: int = 0) -> dict[str, Any]:
    usage = {"completion_tokens": 9, "thinking_tokens": 0}
    return {"index": 0, "correct": None, "chosen": True, "answer": "x" * 9999, "score": None, "usage": usage,
            "step_scores": [0.5] * scores, "finish_reason": "length", "text": words}  # fmt: skip


LONG = ["$x$ " * 300_000, "".join(chr(0x4E00 + i % 20_000) for i in range(10**6)), "\x00" * 10**5]


@pytest.mark.parametrize("words", LONG)
def test_one_response_fits_a_shard(words: str) -> None:
    for scores in (0, 7):
        [(_, content)] = packed("t/", [("0", response(answer(words, scores)))])
        assert len(gzip.compress(content, 9)) <= 64 * 1024
        assert len(content) < 2**20


def test_steps_stand_apart_where_each_has_a_score() -> None:
    assert response(answer("one\n\ntwo $x$\n \nthree", 3))["html"][0] == "one"
    assert len(response(answer("one\n\ntwo", 3))["html"]) == 1
    assert len(response(answer("one\n\ntwo"))["html"]) == 1
    assert "html" not in response({**answer(""), "text": None, "answer": None})


def node(number: int, parent: int | None, **fields: Any) -> dict[str, Any]:
    return {"id": number, "parent": parent, "step": f"s{number}", "tokens": 2, "made": number // 3, "state": "open",
            "score": 0.5, "visits": 0, "value": None, "candidate": None, **fields}  # fmt: skip


def test_a_large_tree_keeps_its_path_and_what_was_visited() -> None:
    rng = random.Random(2)
    nodes = [node(0, None, visits=9999)]
    nodes += [node(i, rng.randrange(max(0, i - 50), i), visits=rng.randrange(100)) for i in range(1, 20_000)]
    nodes[-1] |= {"candidate": 3, "visits": 0}
    found = tree(line(chosen=3, tree={"nodes": nodes}, responses=[{"index": 3, "correct": False}]))
    count = len(found["parent"])
    assert count <= max(NODES, sum(found["path"]))
    assert found["nodes"] == 20_000
    assert all(above is None or above < i for i, above in enumerate(found["parent"]))
    assert found["candidate"].index(3) == max(i for i, on in enumerate(found["path"]) if on)
    assert found["correct"][found["candidate"].index(3)] is False
    assert all(len(found[name]) == count for name in ("state", "visits", "value", "born", "labels", "html", "hidden"))
    assert found["clock"][-1] == 2 * 20_000
    assert 0 < sum(found["hidden"]) <= 20_000 - count


def test_a_small_tree_is_whole() -> None:
    nodes = [node(0, None), node(1, 0, candidate=0), node(2, 0, step="a $x$"), node(3, 1, step=None)]
    found = tree(line(tree={"nodes": nodes}))
    assert found["parent"] == [None, 0, 0, 1]
    assert found["path"] == [True, True, False, False]
    assert found["hidden"] == [0, 0, 0, 0]
    assert found["born"] == [0, 0, 0, 1]
    assert found["clock"] == [6, 8]
    assert found["html"][1] is None
    assert "<math>" in found["html"][2]
    assert tree(line(tree={"nodes": [node(0, None, step=None)]}))["labels"] is None


def test_the_same_problems_are_shown_of_every_run() -> None:
    def shown(rule: str, numbers: list[int]) -> list[str]:
        chosen = Chosen(rule)
        for number in numbers:
            chosen.take(number, line(number, correct=number % 2 == 0))
        assert [place for place, _ in chosen.problems()] == sorted(place for place, _ in chosen.problems())
        return [problem["problem_id"] for _, problem in chosen.problems()]

    every, shuffled = list(range(60)), random.Random(3).sample(range(60), 60)
    assert shown("sample:9", every) == shown("sample:9", shuffled)
    assert len(shown("sample:9", every)) == 9
    assert set(shown("sample:3", every)) <= set(shown("sample:9", every))
    assert shown("all", every) == [f"p/{i}" for i in every]
    assert shown("failed", every) == [f"p/{i}" for i in every if i % 2]
    assert shown("none", every) == []
    with pytest.raises(UsageError, match="all, failed, none or sample"):
        Chosen("sample:none")


def test_counts_by_the_places_of_the_task() -> None:
    catalogue, one, other = Catalogue(), Counts(), Counts()
    for number in (0, 1):
        one.put(catalogue.place(line(number)), line(number))
    cut = [{"index": 0, "correct": None, "finish_reason": "length"}]
    other.put(catalogue.place(line(2)), line(2, subject=None, c=0, correct=None, responses=cut))
    other.put(catalogue.place(line(0)), line(0, status="error"))
    assert one.data() == {"places": 2, "n": 1, "c": 1, "unjudged": 0, "right": 1, "tokens": 5, "cut": 0}
    assert other.data() == {"places": 3, "n": [-1, -1, 1], "c": [-1, -1, 0], "unjudged": [-1, -1, 1],
                            "right": [-1, -1, 2], "tokens": [-1, -1, 5], "cut": [-1, -1, 1]}  # fmt: skip
    assert (one.share(0), one.share(2), other.share(0), other.share(2)) == ((1, 1), None, None, None)
    assert catalogue.data() == {"ids": ["p/0", "p/1", "p/2"], "levels": [1, 1, 1], "subject_names": ["a"],
                                "subjects": [0, 0, 0]}  # fmt: skip
