"""BOS warnings, room in the context, and what a chat template may refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core import BackendError, UsageError
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
