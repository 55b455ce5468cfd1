"""Run folders as things on a disk: finding them, their size, whether somebody writes them, and removing them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.core import UsageError
from harness.files import FolderLock
from harness.run import Run


@dataclass(frozen=True, slots=True)
class Found:
    """A run folder, or one that looks like it and cannot be read (`problem` says why)."""

    folder: Path
    run: Run | None
    problem: str = ""


def find(root: Path) -> Iterator[Found]:
    """The run folders at or below `root`, by name. Links are not followed, and nothing is looked for inside a run.

    Raises UsageError if there is no such folder."""
    if not root.is_dir():
        raise UsageError(f"There is no folder {root}. `harness runs list FOLDER` names the one that holds runs.")
    for folder, below, files in os.walk(root):
        if "manifest.json" not in files:
            below.sort()
            continue
        below.clear()
        path = Path(folder)
        try:
            yield Found(path, Run.open(path))
        except UsageError as error:
            yield Found(path, None, str(error))


def size(folder: Path) -> int:
    """The bytes of all files in a folder; those that links point to do not count."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def written(folder: Path) -> bool:
    """Whether a process is writing a run: whether it holds the folder's lock. Nothing is changed; a writer that starts
    at this moment tries again."""
    try:
        descriptor = os.open(folder / ".lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def state(run: Run) -> str:
    """The state on file, but "killed" for a run that says that it is running and that nobody writes."""
    on_file = str(run.manifest["state"])
    return "killed" if on_file == "running" and not written(run.folder) else on_file


def removable(path: Path) -> Run:
    """The run at a path if it may be removed. Raises UsageError for a link and for what is not a run."""
    if path.is_symlink():
        raise UsageError(f"{path} is a link. Name the folder that it points to, {path.resolve()}, to remove that run.")
    return Run.open(path)


def remove(run: Run) -> None:
    """Remove a run folder with all that is in it; what links in it point to stays.

    Raises UsageError as `removable` does, IncompleteError where a process writes the run."""
    folder = removable(run.folder).folder
    lock = FolderLock(folder)
    try:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise UsageError(f"{folder} could not be removed: {error.strerror or error}.") from error
    finally:
        lock.release()
