"""Train on what `harness export` wrote, with TRL's SFTTrainer as it is; without a file, on noisy solutions of the game.

python train.py models/base --steps 3000                                                 a new, tiny model
python train.py models/star --steps 150 --model models/base/checkpoint-3000 --data star.jsonl

Each checkpoint, FOLDER/checkpoint-<steps>, is a model for `harness eval … --model hf/FOLDER/checkpoint-<steps>`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import datasets
import torch
import world
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging
from trl import SFTConfig, SFTTrainer

SOLUTIONS = 6
"""The noisy solutions for each row of sums."""


def main() -> None:
    """Train and write checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--save", type=int, help="steps from one checkpoint to the next (default: only the last)")
    parser.add_argument("--model", help="the folder to start from (default: a new model)")
    parser.add_argument("--data", nargs="+", help="files of one form (default: the game's noisy solutions)")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=5e-3)
    options = parser.parse_args()
    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    torch.manual_seed(0)
    if options.model:
        tokenizer = AutoTokenizer.from_pretrained(options.model)
        model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    else:
        tokenizer = world.tokenizer()
        model = new(tokenizer)
    if options.data:
        rows = datasets.Dataset.from_json(options.data)
    else:
        rows = datasets.Dataset.from_list(list(pretraining(tokenizer, options.batch * options.steps)))
    print(f"{model.num_parameters():,} parameters, {len(rows):,} rows, {options.steps} steps", flush=True)
    config = SFTConfig(
        output_dir=options.folder,
        max_steps=options.steps,
        save_steps=options.save or options.steps,
        per_device_train_batch_size=options.batch,
        learning_rate=options.rate,
        lr_scheduler_type="cosine",
        warmup_steps=100,
        logging_steps=100,
        max_length=512,
        dataset_kwargs={"skip_prepare_dataset": not options.data},
        seed=0,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        save_only_model=True,
        report_to=[],
        disable_tqdm=True,
    )
    SFTTrainer(model, args=config, train_dataset=rows, processing_class=tokenizer).train()


def new(tokenizer: Any) -> LlamaForCausalLM:
    """A Llama of 168,000 parameters with random weights."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def pretraining(tokenizer: Any, count: int) -> Iterator[dict[str, list[int]]]:
    """Noisy solutions and a few rows of sums, as token ids. The loss counts a solution, and of sums the results."""
    equals = tokenizer.convert_tokens_to_ids("=")
    more = world.sums(count)
    for number, (asked, solved) in enumerate(world.noisy(count * SOLUTIONS // (SOLUTIONS + 1))):
        prompt, answer = (tokenizer(text)["input_ids"] for text in (f"<user>{asked}<assistant>", f"{solved}<end>"))
        yield {"input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer}
        if number % SOLUTIONS == 0:
            ids = tokenizer(next(more))["input_ids"]
            before = [None, *ids[:-1]]
            yield {"input_ids": ids, "labels": [i if b == equals else -100 for b, i in zip(before, ids, strict=True)]}


if __name__ == "__main__":
    main()
