"""The model's own tokenizer: renders conversations, counts tokens, and says what is wrong with the first of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from harness.core import BackendError, Message, Request, UsageError
from harness.thinking import SPECIAL_TOKENS

_NEXT = "a"
"""Stands for what comes after a prefix: any letter splits white space alike."""


class HFTokenizer:
    """A Hugging Face tokenizer, from a folder or (with a hub) by name.

    Raises UsageError where there is none, or where its chat template refuses a conversation."""

    def __init__(self, path: str, *, revision: str | None = None) -> None:
        from transformers import AutoTokenizer

        try:
            self._inner: Any = AutoTokenizer.from_pretrained(path, revision=revision)
        except (OSError, ValueError, ImportError) as error:
            raise UsageError(f"No tokenizer could be loaded from '{path}': {str(error).splitlines()[0]}") from error
        self._inner.model_max_length = int(1e9)  # the engine knows the real limit; this only silences a warning
        self.encode_cached = functools.lru_cache(maxsize=4096)(self._encode)
        self._usual = functools.lru_cache(maxsize=256)(self._usual_ids)

    @property
    def inner(self) -> Any:
        """The tokenizer object of transformers."""
        return self._inner

    @property
    def has_chat_template(self) -> bool:
        """Whether the model brings a chat template."""
        return bool(self._inner.chat_template)

    @property
    def chat_template(self) -> str | None:
        """The source of the chat template."""
        template = self._inner.chat_template
        return template if isinstance(template, str) or template is None else str(template)

    def render(self, messages: Sequence[Message]) -> str:
        """The conversation as text. A last turn of the assistant stays open, for the model to continue it."""
        open_turn = bool(messages) and messages[-1]["role"] == "assistant"
        try:
            return str(
                self._inner.apply_chat_template(
                    list(messages),
                    tokenize=False,
                    add_generation_prompt=not open_turn,
                    continue_final_message=open_turn,
                )
            )
        except Exception as error:  # a template is a program and may raise anything
            raise UsageError(f"The model's chat template refuses the prompt: {error}.") from error

    def encode(self, text: str, *, special_tokens: bool) -> list[int]:
        """Token ids of a text."""
        return list(self.encode_cached(text, special_tokens))

    def _encode(self, text: str, special_tokens: bool) -> tuple[int, ...]:
        # A lone surrogate cannot be tokenized; it becomes the replacement character.
        clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return tuple(self._inner.encode(clean, add_special_tokens=special_tokens))

    @functools.cached_property
    def marks_thinking(self) -> bool:
        """Whether the marks of thinking are special tokens of this tokenizer, so that decoding must not drop them."""
        return any(t.special and t.content in SPECIAL_TOKENS for t in self._inner.added_tokens_decoder.values())

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids as a response has it: without special tokens, the marks of thinking excepted."""
        skipped = not self.marks_thinking
        return str(self._inner.decode(list(ids), skip_special_tokens=skipped, clean_up_tokenization_spaces=False))

    def count(self, text: str) -> int:
        """The tokens of a text by itself."""
        return len(self.encode(text, special_tokens=False))

    def prompt_ids(self, text: str, prefix: str, *, templated: bool) -> list[int]:
        """The ids that the engine is given: a templated text has its special tokens, another gets the tokenizer's.

        White space at the end of a prefix is cut into tokens as it is before a letter. A model that wrote a blank line
        and goes on has written two tokens where the tokenizer of GPT-2 and its like makes one of "\\n\\n" at the end of
        a text, after which the model has hardly ever seen a word: SmolLM2 then loses its thread."""
        if not prefix:
            return [*self.encode_cached(text, not templated)]
        if prefix[-1].isspace():
            ids = list(self._encode(text + prefix + _NEXT, not templated))
            while ids and ids[-1] in self._inner.all_special_ids:  # what a tokenizer adds behind a text
                ids.pop()
            if ids and self._inner.decode(ids[-1:]) == _NEXT:  # the token begins where the prefix ends
                return ids[:-1]
        return list(self._encode(text + prefix, not templated))

    def request_ids(self, request: Request) -> list[int]:
        """The ids of a request: those of its text, but at its end the model's own where they are known. A model may
        write a blank line as one token before a digit and as two before a letter, and then not go on otherwise."""
        prompt, ending = request.prompt, list(request.ending)
        if ending:
            white = self.decode(ending)
            if request.prefix.endswith(white):
                before = request.prefix[: len(request.prefix) - len(white)]
                return [*self._encode(prompt.text + before, not prompt.templated), *ending]
        return self.prompt_ids(prompt.text, request.prefix, templated=prompt.templated)

    def ending(self, ids: Sequence[int], text: str) -> tuple[int, ...]:
        """Of generated ids that ended with a stop string: those of the white space at the end, where `prompt_ids` would
        choose others. `text` has the stop string; if its last token holds more than that, nothing is known."""
        start = len(ids)
        while start and (piece := self._inner.decode([ids[start - 1]])) and piece.isspace():
            start -= 1
        own = tuple(ids[start:])
        white = self.decode(own)
        return own if own and text.endswith(white) and own != self._usual(white) else ()

    def _usual_ids(self, white: str) -> tuple[int, ...]:
        """White space behind a word, by `prompt_ids`."""
        return tuple(self.prompt_ids("", _NEXT + white, templated=True)[1:])

    def warnings(self, text: str, *, templated: bool) -> list[str]:
        """A doubled or a missing BOS at the beginning of a rendered prompt."""
        bos = self._inner.bos_token_id
        adds = bos is not None and self._inner.encode("a")[:1] == [bos]
        ids = self.encode(text, special_tokens=not templated)
        if bos is not None and ids[:2] == [bos, bos]:
            return [f"The prompt begins with two BOS tokens ({self._inner.bos_token!r})."]
        if adds and ids[:1] != [bos]:
            return [f"The prompt lacks the BOS token ({self._inner.bos_token!r}) that this tokenizer adds by itself."]
        return []


def room(prompt_tokens: int, max_tokens: int, context: int) -> int:
    """How many tokens may be generated: `max_tokens`, or what the context leaves.

    Raises BackendError (not to be retried) where the prompt leaves nothing."""
    if prompt_tokens >= context:
        raise BackendError(
            f"The prompt has {prompt_tokens} tokens and the model's context holds {context}. "
            "Raise -M max_model_len if the model allows it.",
            retryable=False,
        )
    return min(max_tokens, context - prompt_tokens)
