"""The folder as registry, and the parsing of options against signatures."""

from __future__ import annotations

import pytest

from harness import registry
from harness.core import UsageError


def strategy(
    prompt: str,
    policy: str,
    *,
    n: int = 16,
    c: float = 1.4,
    alpha: float = 0.0,
    rule: str = "last",
    fast: bool = False,
    cap: int | None = None,
) -> None:
    """Does it.

    More."""


def test_names_come_from_files() -> None:
    assert {"greedy", "sample"} <= set(registry.names("strategy"))
    assert {"hf", "lm_eval", "openai", "toy", "vllm"} <= set(registry.names("backend"))
    assert not [name for name in registry.names("backend") if name.startswith("_")]


@pytest.mark.parametrize("kind", ["strategy", "backend", "verifier"])
def test_every_file_is_a_component_with_a_description(kind: str) -> None:
    for row in registry.describe(kind):
        assert row["description"]


def test_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Strategy 'sampel' is not known\. Did you mean 'sample'\?"):
        registry.component("strategy", "sampel")


def test_options_are_typed_and_hold_defaults() -> None:
    given = ["n=4", "c=0.5", "fast=true", "cap=none", "rule=a=b"]
    assert registry.options(strategy, given, flag="-S", owner="strategy 's'") == {
        "n": 4, "c": 0.5, "alpha": 0.0, "rule": "a=b", "fast": True, "cap": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("n", "key=value"),
        ("m=4", "'m' is not known"),
        ("alpa=1", "Did you mean 'alpha'"),
        ("n=four", "whole number"),
        ("n=0", "at least 1"),
        ("n=-3", "at least 1"),
        ("c=nan", "positive"),
        ("alpha=-1", "not negative"),
        ("fast=maybe", "true or false"),
    ],
)
def test_bad_options(pair: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        registry.options(strategy, [pair], flag="-S", owner="strategy 's'")


def test_injected_and_summary() -> None:
    assert registry.injected(strategy) == {"prompt", "policy"}
    assert registry.summary(strategy) == "Does it."
