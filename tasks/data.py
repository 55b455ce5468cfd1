"""The benchmark files: where they come from, and that they are the ones that were meant.

A file is looked for in the folder that HARNESS_DATA names, then in the cache folder, then at its official place, pinned
by commit; wherever it comes from, its sha256 must be one of those listed here. HARP's archives are read in memory and
never unpacked to disk: their authors ship them zipped so that crawlers do not pick up the rows.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.core import UsageError
from harness.files import cache_folder

_SIZE_LIMIT = 64 * 2**20
"""Largest file, packed or unpacked, that is read; the largest real one has 12 MB."""


@dataclass(frozen=True, slots=True)
class Source:
    """One benchmark file: `path` in a data folder, `urls` to fetch it from, in this order, and the accepted digests."""

    path: str
    urls: tuple[str, ...]
    sha256: tuple[str, ...]


_GITHUB = "https://raw.githubusercontent.com/"
_HARP_2024 = "aadityasingh/HARP/31e5e8f865540374c772fb0c238fb422c3cc3b2c/"
_HARP_2025 = "aadityasingh/HARP/dac2734ff6443bcaf3bbdcb10f13cf21ae9729c2/"
_OMNI_HUB = "https://huggingface.co/datasets/KbsdJames/Omni-MATH/resolve/0000b6bc8be4aa61655413073c3645ae4b3b30e8/"

SOURCES = {
    # A Git LFS file: the "media" host serves its content, the "raw" host only the pointer.
    "math500": Source(
        "math500/math500.jsonl",
        (
            "https://media.githubusercontent.com/media/openai/prm800k/7ecc794703b2877f63226f2477a49b34f9b25163/"
            "prm800k/math_splits/test.jsonl",
        ),
        ("35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132",),
    ),
    "harp": Source(
        "harp/HARP.jsonl.zip",
        (f"{_GITHUB}{_HARP_2025}HARP.jsonl.zip",),
        ("40bcbda27876ada4d5de3c26b3f6e4a67d932874f645d4ae7c1fc0aed0e09392",),
    ),
    # The release of November 2024; the one of January 2025 may order the choices differently.
    "harp_mcq": Source(
        "harp/HARP_mcq.jsonl.zip",
        (f"{_GITHUB}{_HARP_2024}HARP_mcq.jsonl.zip",),
        ("803927c65c44eecdc05161c60f5b912c78d4c5da141ff2978cb0063552786ab6",),
    ),
    # The official file, and one assembled from public parts that has the same rows in the same order but lacks some
    # domains and solutions. The hub's revision is pinned; GitHub's copy of the same bytes is pinned by the digest.
    "omni_math": Source(
        "omni_math/omni_math.jsonl",
        (f"{_OMNI_HUB}test.jsonl", f"{_GITHUB}KbsdJames/Omni-MATH/main/Omni-Math.jsonl"),
        (
            "7c87be8ee41ac7c7a597ef5a5500e84bd2b639a85a06db3da7f69bf9a32ef168",
            "fe8e87bac22eda8aa35f4644fb7c56bea5c6aa76c4491e92ce62ba576b47fe92",
        ),
    ),
    "omni_math_rule": Source(
        "omni_math/omni_math_rule.jsonl",
        (f"{_GITHUB}KbsdJames/omni-math-rule/4793415ef37d31c9cdb4e5b82dbe172f76f8cf08/omni_math_rule.jsonl",),
        ("d566d5b5a9865a04b507fdc4c0669cf0ff391748e13f190ecc925e78b584b172",),
    ),
}


def rows(name: str) -> list[dict[str, Any]]:
    """The JSON objects of benchmark `name`, one per line of its file.

    Raises UsageError when the file cannot be had, is not the pinned one, or cannot be read.
    """
    path = locate(name)
    return parse(read(path), path)


def either(paths: Sequence[str], url: str) -> tuple[Path, bool]:
    """The first of several spellings of one file in the data folder or the cache, else what `url` holds, kept under the
    first; and whether it was fetched. Nothing is compared with a digest: the caller must know the content. Raises
    UsageError where there is none."""
    given = os.environ.get("HARNESS_DATA")
    cache = cache_folder() / "data"
    for folder in ([Path(given)] if given else []) + [cache]:
        for path in paths:
            if (folder / path).is_file():
                return folder / path, folder == cache
    target = cache / paths[0]
    try:
        _write(target, _download(url))
    except OSError as error:
        places = f"{given} (HARNESS_DATA) or {cache}" if given else str(cache)
        raise UsageError(
            f"{paths[0]} is in neither of {places} and could not be downloaded ({url}: {error}). "
            f"Put the file there, as {', '.join(Path(path).suffix for path in paths)}."
        ) from error
    return target, True


def digests(name: str) -> dict[str, str]:
    """The files benchmark `name` is made of, with their sha256; empty for a task that makes its own problems."""
    if name not in SOURCES:
        return {}
    path = locate(name)
    return {SOURCES[name].path: _sha256(path, *_stamp(path))}


def locate(name: str) -> Path:
    """The verified file of benchmark `name`, fetched if need be. Raises UsageError."""
    source = SOURCES[name]
    given = os.environ.get("HARNESS_DATA")
    cached = cache_folder() / "data" / source.path
    for path in ([Path(given) / source.path] if given else []) + [cached]:
        if path.is_file():
            return _verified(path, source)
    _fetch(source, cached)
    return cached


# ------------------------------------------------------------------------------------------------------------- digests


def _verified(path: Path, source: Source) -> Path:
    found = _sha256(path, *_stamp(path))
    if found not in source.sha256:
        raise UsageError(
            f"{path} is not the expected file: its sha256 is {found}, expected {' or '.join(source.sha256)}. "
            f"Replace it by the official one from {source.urls[0]}, or remove it."
        )
    return path


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    return hashlib.sha256(read(path)).hexdigest()


def read(path: Path) -> bytes:
    """The bytes of a file of a benchmark. Raises UsageError for one that cannot be read or is too large to be one."""
    try:
        with path.open("rb") as file:
            content = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(content) > _SIZE_LIMIT:
        raise UsageError(f"{path} is larger than {_SIZE_LIMIT >> 20} MiB, which no benchmark file is.")
    return content


# ------------------------------------------------------------------------------------------------------------- reading


def parse(content: bytes, path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file, one per line (of the only member, for an archive). Raises UsageError."""
    if path.suffix == ".zip":
        content = _unzipped(content, path)
    found = []
    # Only line feeds end a line: the texts contain other characters that str.splitlines would split at.
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}, is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}, is not a JSON object but {type(row).__name__}.")
        found.append(row)
    return found


def _unzipped(content: bytes, path: Path) -> bytes:
    """The only member of an archive, in memory. The declared size is checked first, and no more than it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise UsageError(f"{path} holds {len(members)} files where one is expected.")
            if members[0].file_size > _SIZE_LIMIT:
                raise UsageError(
                    f"{path} unpacks to {members[0].file_size} bytes, more than the limit of {_SIZE_LIMIT}."
                )
            return archive.read(members[0])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UsageError(f"{path} is not a readable zip archive: {error}.") from error


# ------------------------------------------------------------------------------------------------------------ fetching


def _fetch(source: Source, target: Path) -> None:
    """Download to a temporary file beside `target`, check it, and move it into place in one step."""
    problems = []
    for url in source.urls:
        try:
            content = _download(url)
        except OSError as error:
            problems.append(f"{url}: {error}")
            continue
        found = hashlib.sha256(content).hexdigest()
        if found not in source.sha256:
            raise UsageError(
                f"{url} did not deliver the expected file: its sha256 is {found}, "
                f"expected {' or '.join(source.sha256)}."
            )
        _write(target, content)
        return
    given = os.environ.get("HARNESS_DATA")
    missing = f"{Path(given) / source.path} (HARNESS_DATA) and {target}" if given else str(target)
    raise UsageError(
        f"{source.path} is not here and could not be downloaded: {missing} not found; {'; '.join(problems)}. "
        f"Put the file (sha256 {source.sha256[0]}) at {target}, "
        f"or set HARNESS_DATA to a folder that holds {source.path}."
    )


def _download(url: str) -> bytes:
    """The bytes behind `url`. Raises ConnectionError for whatever kept them from coming."""
    import httpx

    content = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=httpx.Timeout(60, connect=10)) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _SIZE_LIMIT:
                    raise ConnectionError(f"more than {_SIZE_LIMIT >> 20} MiB")
    except httpx.HTTPError as error:
        reason = str(error).splitlines()[0] if str(error) else "no answer"
        raise ConnectionError(f"{type(error).__name__}: {reason}") from error
    return bytes(content)


def _write(target: Path, content: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".partial-", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}. Set HARNESS_CACHE.") from error
