"""Token ids and labels of a row: what the loss counts, said in the one way that every trainer understands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core import Message, Problem, UsageError
from harness.models import LOCAL_MODELS, locate
from harness.run import Json
from harness.tokenizer import HFTokenizer

IGNORED = -100
"""The label of a token that does not count (PyTorch's cross entropy; TRL and transformers alike)."""


class Labels:
    """A model's tokenizer, for `input_ids` and `labels`. Raises UsageError where there is none, or where it cannot say
    which characters a token stands for."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._tokenizer = HFTokenizer(str(locate(model).path) if model in LOCAL_MODELS else model)
        if not self._tokenizer.inner.is_fast:
            raise UsageError(f"The tokenizer of {model} does not tell which characters a token stands for.")

    def of(self, problem: Problem, response: str, counted: Sequence[tuple[int, int]], form: str) -> Json:
        """`input_ids` of the whole example, and `labels`: the id where a token lies in the counted spans of the
        response with all of its characters, else -100. The end of the turn always counts."""
        before, after = self._around(problem, response, form)
        whole = before + response + after
        ids: Any = self._tokenizer.inner(whole, add_special_tokens=form == "text", return_offsets_mapping=True)
        shift = len(before)
        inside = [(a + shift, b + shift) for a, b in counted]
        inside.append((shift + len(response), len(whole)))
        counts = _within(ids["offset_mapping"], _joined(inside))
        return {
            "input_ids": list(ids["input_ids"]),
            "labels": [i if yes else IGNORED for i, yes in zip(ids["input_ids"], counts, strict=True)],
        }

    def _around(self, problem: Problem, response: str, form: str) -> tuple[str, str]:
        """The text before and after a response: the chat template's, or the plain prompt and the token of the end."""
        if form == "text":
            return problem.text, str(self._tokenizer.inner.eos_token or "")
        if not self._tokenizer.has_chat_template:
            raise UsageError(f"{self._model} has no chat template. --form text asks it in plain text.")
        asked: list[Message] = list(problem.messages)
        before = self._tokenizer.render(asked)
        whole = str(
            self._tokenizer.inner.apply_chat_template(
                [*asked, {"role": "assistant", "content": response}], tokenize=False
            )
        )
        if not whole.startswith(before + response):
            raise UsageError(
                f"The chat template of {self._model} changes what the assistant says, so that no label could be true. "
                "Leave --tokenizer out, or take another template."
            )
        return before, whole[len(before + response) :]


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring spans as one; spans come in order and do not overlap."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _within(tokens: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether each token lies in one of the spans with all of its characters; one without characters does not."""
    found, place = [], 0
    for start, end in tokens:
        while place < len(spans) and spans[place][1] < end:
            place += 1
        found.append(place < len(spans) and spans[place][0] <= start < end)
    return found
