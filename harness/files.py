"""Reading and writing the files of a run so that no crash leaves half of one: whole lines, synced renames, one lock."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from harness import archive
from harness.core import IncompleteError, UsageError

SYNC_LINES = 512
SYNC_SECONDS = 5.0
LOCK_TRIES, LOCK_WAIT = 50, 0.02  # one who only looks holds the lock for some microseconds


def cache_folder() -> Path:
    """Where data and models are kept: HARNESS_CACHE, else `metacot-harness` in the user's cache folder."""
    if own := os.environ.get("HARNESS_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metacot-harness"


def dumps(value: Any) -> str:
    """One line of JSON. Numbers must be finite; lone surrogates of a model's text survive as escapes."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def flat(value: Any) -> dict[str, Any]:
    """A flat dataclass as a dictionary of its fields: `asdict` without the deep copies, which a call would pay for."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def digest(value: Any) -> str:
    """sha256 (hex) of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 (hex) of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step. Raises IncompleteError where the folder takes no data."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace a text file in one step. Raises IncompleteError where the folder takes no data."""
    with replacing(path) as stream:
        stream.write(text.encode())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of a file when the block ends: temporary file, sync, rename, sync of the
    folder. The old file stays where the block raises. Raises IncompleteError where the folder takes no data."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _not_written(path, error) from error


def write_lines(path: Path, records: Iterable[Any]) -> int:
    """Replace a JSON-lines file in one step; the result is how many lines it has. Raises IncompleteError where the
    folder takes no data."""
    count = 0
    with replacing(path) as stream:
        for record in records:
            stream.write(dumps(record).encode() + b"\n")
            count += 1
    return count


def read_json(path: Path) -> Any:
    """The value of a JSON file. Raises UsageError where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error


def read_lines(path: Path) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
    """(offset, raw line, object) for each line of a JSON-lines file; the object is None where the line is damaged.

    A torn last line is damaged. A missing file has no lines. Lines that were packed come first, with the offset -1."""
    for _, data in archive.read(archive.archive_of(path)):
        for raw in data.splitlines(keepends=True):
            yield -1, raw, _object(raw)
    yield from _plain_lines(path)


def _plain_lines(path: Path) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
    """The lines of the file itself."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        offset = 0
        for raw in stream:
            yield offset, raw, _object(raw)
            offset += len(raw)


def _object(raw: bytes) -> dict[str, Any] | None:
    """The object that a whole line holds."""
    try:
        value = json.loads(raw) if raw.endswith(b"\n") else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def pack(path: Path) -> None:
    """Compress a JSON-lines file into its archive, behind the lines that are there already, and remove it.

    A crash in between leaves lines twice, never out. Raises IncompleteError where the folder takes no data."""
    target = archive.archive_of(path)
    with replacing(target) as stream:
        if target.exists():
            with target.open("rb") as old:
                shutil.copyfileobj(old, stream)
        with path.open("rb") as lines:
            for member in archive.members(lines):
                stream.write(member)
    path.unlink()


def repair_lines(path: Path, required: tuple[str, ...]) -> int:
    """Take damaged lines out of a JSON-lines file and keep them beside it (`calls.jsonl` → `calls.bad.jsonl`).

    A line is good if it is whole, an object, and has the required fields. Returns how many lines were taken out; a file
    without damage is not touched."""
    bad = [raw for _, raw, value in _plain_lines(path) if value is None or any(name not in value for name in required)]
    if not bad:
        return 0
    with replacing(path) as stream:
        with path.with_name(f"{path.stem}.bad.jsonl").open("ab") as beside:
            beside.writelines(raw if raw.endswith(b"\n") else raw + b"\n" for raw in bad)
        for _, raw, value in _plain_lines(path):
            if value is not None and all(name in value for name in required):
                stream.write(raw)
    return len(bad)


class LineWriter:
    """Appends whole lines; a line that does not fit is taken back, so that a full disk never leaves half of one.

    Lines reach the system with every call and the disk at least every 512 lines or 5 seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise _not_written(path, error) from error
        self.size = os.fstat(self._descriptor).st_size
        self._unsynced = 0
        self._synced = time.monotonic()

    def write(self, value: Any) -> int:
        """Append one object; returns the offset of its line. Raises IncompleteError where it cannot be written."""
        data = dumps(value).encode() + b"\n"
        offset = self.size
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
            self.size += len(data)
            self._unsynced += 1
            if self._unsynced >= SYNC_LINES or time.monotonic() - self._synced > SYNC_SECONDS:
                self.sync()
        except OSError as error:
            os.ftruncate(self._descriptor, offset)
            self.size = offset
            raise _not_written(self._path, error) from error
        return offset

    def sync(self) -> None:
        """Push what was written down to the disk."""
        os.fsync(self._descriptor)
        self._unsynced = 0
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and close."""
        self.sync()
        os.close(self._descriptor)


class FolderLock:
    """One writer per run: an advisory lock that dies with its process. Raises IncompleteError if another holds it."""

    def __init__(self, folder: Path) -> None:
        path = folder / ".lock"
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise _not_written(path, error) from error
        if not self._taken():
            holder = os.pread(self._descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise IncompleteError(
                f"Another process (pid {holder}) is writing {folder}. Wait for it or stop it, then run this command."
            )
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def _taken(self) -> bool:
        """Whether the lock could be had. Who looks whether a run is being written holds it for a moment."""
        for _ in range(LOCK_TRIES):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(LOCK_WAIT)
            else:
                return True
        return False

    def release(self) -> None:
        """Let others write."""
        os.close(self._descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_written(path: Path, error: OSError) -> IncompleteError:
    return IncompleteError(
        f"{path} could not be written: {error.strerror or error}. What was finished before is kept; "
        "make room or make it writable, then run the same command again."
    )
