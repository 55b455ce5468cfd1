"""Train a model on a file that `harness export` wrote, with TRL's SFTTrainer as it is.

python train.py noisy.jsonl models/base --steps 600                       a new, tiny model
python train.py star.jsonl models/star --model models/base/checkpoint-600 --steps 200

Checkpoints stand in FOLDER/checkpoint-<steps>, each a model that `--model hf/FOLDER/checkpoint-<steps>` evaluates.
"""

from __future__ import annotations

import argparse

import torch
import world
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import SFTConfig, SFTTrainer


def main() -> None:
    """Train and save checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("folder")
    parser.add_argument("--model", help="the folder to start from (default: a new model)")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--save", type=int, help="steps between checkpoints (default: only the last)")
    parser.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(options.model) if options.model else world.tokenizer()
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32) if options.model else new(tokenizer)
    config = SFTConfig(
        output_dir=options.folder,
        max_steps=options.steps,
        save_steps=options.save or options.steps,
        per_device_train_batch_size=64,
        learning_rate=options.rate,
        lr_scheduler_type="cosine",
        warmup_steps=20,
        logging_steps=50,
        max_length=512,
        seed=0,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        save_only_model=True,
        report_to=[],
        disable_tqdm=True,
    )
    trainer = SFTTrainer(model, args=config, train_dataset=Dataset.from_json(options.data), processing_class=tokenizer)
    trainer.train()


def new(tokenizer: AutoTokenizer) -> LlamaForCausalLM:
    """A Llama of about a million parameters with random weights."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    print(f"{model.num_parameters():,} parameters")
    return model


if __name__ == "__main__":
    main()
