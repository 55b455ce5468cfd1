"""Runs of lm-eval itself, in this process, with a model that writes given texts; its tracker writes the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from tasks import stock

with stock.quiet():
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager


class Answers(LM):
    """A model of lm-eval's: `answer(prompt, number of the draw)`."""

    def __init__(self, answer: Callable[[str, int], str]) -> None:
        super().__init__()
        self._answer = answer

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        drawn: dict[str, int] = {}
        texts = []
        for request in requests:
            number = drawn[request.args[0]] = drawn.get(request.args[0], -1) + 1
            texts.append(self._answer(request.args[0], number))
        return texts

    def get_model_info(self) -> dict[str, Any]:
        return {"model_sha": "0123abcd", "model_revision": "main"}

    loglikelihood = loglikelihood_rolling = None  # type: ignore[assignment]


def lm_eval_run(
    out: Path, include: Path, task: str, answer: Callable[[str, int], str], **options: Any
) -> tuple[Path, Path]:
    """The results file and the samples file of one task."""
    tracker = EvaluationTracker(output_path=str(out))
    # Its description of the machine lists every installed package by starting pip, which takes half a minute.
    with stock.quiet(), mock.patch("torch.utils.collect_env.get_pretty_env_info", return_value="a machine"):
        results = simple_evaluate(
            model=Answers(answer),
            model_args="pretrained=org/model,dtype=float32",
            tasks=[task],
            task_manager=TaskManager(include_path=str(include), include_defaults=False),
            bootstrap_iters=0,
            evaluation_tracker=tracker,
            **options,
        )
        tracker.general_config_tracker.log_experiment_args("answers", "pretrained=org/model", None, None, False)
        samples = results.pop("samples")
        tracker.save_results_aggregated(results=results, samples=samples)
        tracker.save_results_samples(task_name=task, samples=samples[task])
    (written,) = out.glob("*/results_*.json")
    (beside,) = out.glob("*/samples_*.jsonl")
    return written, beside
