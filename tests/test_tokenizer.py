"""BOS warnings, room in the context, and what a chat template may refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core import BackendError, Prompt, Request, Sampling, UsageError
from harness.tokenizer import HFTokenizer, room

pytestmark = pytest.mark.filterwarnings("ignore")
PLAIN = "{% for m in messages %}{{ m['content'] }}{% endfor %}"


def made(folder: Path, *, adds_bos: bool, template: str | None) -> HFTokenizer:
    """A tokenizer over words that adds a BOS by itself or does not."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1, "hi": 2, "?": 3}, unk_token="?"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    if adds_bos:
        inner.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    fast = PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>")
    fast.chat_template = template
    fast.save_pretrained(folder)
    return HFTokenizer(str(folder))


@pytest.mark.parametrize(
    ("adds_bos", "text", "templated", "warning"),
    [
        (True, "<s>hi", True, None),
        (True, "hi", True, "lacks the BOS"),
        (True, "<s><s>hi", True, "two BOS"),
        (True, "<s>hi", False, "two BOS"),
        (True, "hi", False, None),
        (False, "hi", True, None),
        (False, "hi", False, None),
        (False, "<s><s>hi", True, "two BOS"),
    ],
)
def test_bos(tmp_path: Path, adds_bos: bool, text: str, templated: bool, warning: str | None) -> None:
    found = made(tmp_path, adds_bos=adds_bos, template=PLAIN).warnings(text, templated=templated)
    assert len(found) == (warning is not None)
    assert warning is None or warning in found[0]


def test_prompt_ids_follow_the_template(tmp_path: Path) -> None:
    tokenizer = made(tmp_path, adds_bos=True, template=PLAIN)
    assert tokenizer.prompt_ids("hi", "", templated=True) == [2]
    assert tokenizer.prompt_ids("hi", "", templated=False) == [0, 2]
    assert tokenizer.prompt_ids("hi", " hi", templated=False) == [0, 2, 2]


def byte_level(folder: Path, merges: list[tuple[str, str]]) -> HFTokenizer:
    """A tokenizer over bytes that splits text as GPT-2's does, with a few merges."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *(a + b for a, b in merges)]
    inner = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=inner).save_pretrained(folder)
    return HFTokenizer(str(folder))


TEXTS = st.text(st.sampled_from("ab1.é$\n\t "), max_size=12)
MERGES = [("Ċ", "Ċ"), ("Ġ", "a"), ("a", "b"), ("ĊĊ", "Ċ")]


@pytest.fixture(scope="module")
def like_gpt2(tmp_path_factory: pytest.TempPathFactory) -> HFTokenizer:
    return byte_level(tmp_path_factory.mktemp("tokenizer"), MERGES)


@settings(max_examples=200, deadline=None)
@given(prompt=TEXTS, prefix=TEXTS)
def test_a_prefix_has_the_tokens_that_it_has_before_a_word(like_gpt2: HFTokenizer, prompt: str, prefix: str) -> None:
    """The ids of a prefix that ends a line begin the text with a word behind it; they always say the text."""
    ids = like_gpt2.prompt_ids(prompt, prefix, templated=True)
    assert like_gpt2.decode(ids) == prompt + prefix
    if prefix.endswith("\n"):
        for word in ("b", "1", "$"):
            whole = like_gpt2.encode(prompt + prefix + word, special_tokens=False)
            assert whole[: len(ids)] == ids


def test_a_blank_line_is_two_tokens_before_a_step(like_gpt2: HFTokenizer) -> None:
    assert len(like_gpt2.encode("a.\n\n", special_tokens=False)) == 3
    assert len(like_gpt2.prompt_ids("", "a.\n\n", templated=True)) == 4


def test_white_space_is_continued_as_the_model_wrote_it(like_gpt2: HFTokenizer) -> None:
    """Only what `prompt_ids` would choose otherwise is remembered, and only where the text ends with the token."""
    one, two = like_gpt2.encode("a.\n\n", special_tokens=False), like_gpt2.prompt_ids("", "a.\n\n", templated=True)
    assert like_gpt2.ending(two, "a.\n\n") == ()
    ending = like_gpt2.ending(one, "a.\n\n")
    assert ending == tuple(one[-1:])
    assert like_gpt2.ending(one, "a.\n") == ()
    assert like_gpt2.ending(one[:2], "a.") == like_gpt2.ending([], "") == ()
    prompt = Prompt("p", "q", "b", templated=True)
    asked = Request(prompt, "a.\n\n", Sampling(), ending=ending)
    assert like_gpt2.request_ids(asked) == [*like_gpt2.encode("b", special_tokens=False), *one]
    assert like_gpt2.request_ids(replace(asked, ending=())) == [*like_gpt2.encode("b", special_tokens=False), *two]
    assert like_gpt2.request_ids(replace(asked, prefix="a.")) == like_gpt2.encode("ba.", special_tokens=False)


def test_a_template_that_refuses_is_a_usage_error(tmp_path: Path) -> None:
    tokenizer = made(tmp_path, adds_bos=False, template="{{ raise_exception('no system role') }}")
    with pytest.raises(UsageError, match="no system role"):
        tokenizer.render([{"role": "user", "content": "hi"}])
    assert not made(tmp_path / "none", adds_bos=False, template=None).has_chat_template


def test_no_tokenizer_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No tokenizer could be loaded"):
        HFTokenizer(str(tmp_path))


def test_room() -> None:
    assert room(10, 5, 100) == 5
    assert room(98, 5, 100) == 2
    with pytest.raises(BackendError, match="has 100 tokens"):
        room(100, 5, 100)
