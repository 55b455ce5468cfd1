"""Seconds until the first answer, and what reading the weights ahead saves of them.

    python benchmarks/startup.py [--backend hf] [--gib 2] [--repeats 2]

`harness eval` asks a Llama of random weights for one token of one problem, with its weights read ahead and without, by
turns; the system has forgotten them before, or holds them in memory. Where the disk is quick there is little to save;
the script prints how quick it is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

WITHOUT = "import harness.models; harness.models.read_ahead = lambda *_, **__: None;"
RUN = "import sys; from harness.cli import main; sys.exit(main())"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="hf", choices=["hf", "vllm"])
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        made(folder, given.gib)
        size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        forgotten(folder)
        start = time.perf_counter()
        for path in folder.glob("*.safetensors"):
            subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL, check=True)
        print(f"{size / 2**30:.1f} GiB of weights, {size / 2**20 / (time.perf_counter() - start):,.0f} MiB/s cold")
        rows = []
        for repeat in range(given.repeats):
            for cold in (True, False):
                for way, before in (("read ahead", ""), ("not", WITHOUT)):
                    out = Path(place) / f"{way} {repeat} {cold}"
                    took = answered(folder, given.backend, before, out, cold=cold)
                    rows.append(("on disk" if cold else "in memory", way, took))
        print(tabulate(sorted(rows), ["weights", "", "seconds until it ended"], tablefmt="github", floatfmt=".1f"))


def made(folder: Path, gib: float) -> None:
    """A model of about so many GiB in float32, with SmolLM2's tokenizer."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from harness.models import smollm2

    words = AutoTokenizer.from_pretrained(smollm2())
    layer = 4 * (4 * 2048**2 + 3 * 2048 * 5632)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=2048, intermediate_size=5632, num_attention_heads=16, num_key_value_heads=16,
        num_hidden_layers=max(1, round(gib * 2**30 / layer)), max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model.to_empty(device="cpu")
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.02)
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def forgotten(folder: Path) -> None:
    """Have the system forget what it knows of the weights."""
    for path in folder.glob("*.safetensors"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def answered(folder: Path, backend: str, before: str, out: Path, *, cold: bool) -> float:
    """The seconds of a command that asks for one token."""
    if cold:
        forgotten(folder)
    command = [sys.executable, "-c", f"{before}{RUN}", "eval", "chained_sums", "--model", f"{backend}/{folder}",
               "--limit", "1", "--max-tokens", "1", "--output-dir", str(out)]  # fmt: skip
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
