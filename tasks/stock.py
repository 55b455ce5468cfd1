"""lm-eval's side of a task: building it from its YAML and rendering its prompts as lm-eval renders them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from harness.core import Message


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the log lines, warnings and progress bars of lm-eval and datasets from the user's terminal."""
    loggers = [logging.getLogger(name) for name in ("lm_eval", "datasets")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datasets

        had_bars = not datasets.are_progress_bars_disabled()
        datasets.disable_progress_bars()
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
            if had_bars:
                datasets.enable_progress_bars()


def build(path: Path, overrides: Mapping[str, Any] | None = None) -> Any:
    """The lm-eval task defined in `path`, some fields replaced by `overrides`; its data set is loaded.

    Raises whatever lm-eval and the task's own functions raise.
    """
    from lm_eval.tasks import TaskManager
    from lm_eval.tasks.manager import load_yaml

    config = {**load_yaml(path), **(overrides or {})}
    (task,) = TaskManager(include_defaults=False).load(config)["tasks"].values()
    return task


def prompts(task: Any, num_fewshot: int) -> list[tuple[tuple[Message, ...], str]]:
    """Per document what lm-eval asks: the messages it would put through a chat template, and the plain text.

    Few-shot examples are drawn with lm-eval's default seed and, in messages, are turns of their own: what its command
    line does by default.
    """
    from lm_eval.defaults import DEFAULT_OTHER_SEED

    docs = list(task.task_docs)
    rendered: list[list[Any]] = []
    with _templates_compiled_once():
        for chat in (True, False):
            # Examples are drawn anew for every document, so both passes start where lm-eval would.
            task.set_fewshot_seed(DEFAULT_OTHER_SEED)
            rendered.append([_context(task, doc, num_fewshot, chat) for doc in docs])
    return [(tuple(messages), text) for messages, text in zip(*rendered, strict=True)]


def _context(task: Any, doc: Mapping[str, Any], num_fewshot: int, chat: bool) -> Any:
    return task.fewshot_context(
        doc,
        num_fewshot=num_fewshot,
        apply_chat_template=chat,
        fewshot_as_multiturn=chat,
        chat_template=_messages if chat else None,
        gen_prefix=task.doc_to_prefix(doc),
    )


def _messages(messages: Sequence[Mapping[str, str]], **_: Any) -> list[Message]:
    """Stands in for a chat template and hands back what it is given."""
    return [Message(role=message["role"], content=message["content"]) for message in messages]


@contextmanager
def _templates_compiled_once() -> Iterator[None]:
    """lm-eval compiles a prompt template anew for every document, which is nine tenths of the time rendering takes."""
    from lm_eval.utils import env

    env.from_string = cache(env.from_string)
    try:
        yield
    finally:
        del env.from_string
