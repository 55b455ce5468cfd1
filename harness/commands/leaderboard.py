"""Entries of finished runs, and the static site made of them: open its index.html by double-click.

harness leaderboard add runs/math500-mcts-1a2b3c4d               an entry in leaderboard/entries, to be committed
harness leaderboard check                                        are all entries what they claim to be?
harness leaderboard build -o site                                the site of the entries
harness leaderboard build --runs runs -o site                    the site of run folders, without entries
harness leaderboard check --site site                            is it what the entries build?
harness leaderboard serve site                                   look at it over http, which it does not need
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.run import Run
    from leaderboard.entry import Entry
    from leaderboard.site import Options

HELP = "entries, checks and the static site"
ENTRIES = "leaderboard/entries"
SAME = "same"
"""What --reproduces takes for the entry of the run's own identity."""
LIMIT = 1 << 30
"""Bytes of a site above which --force is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions of `harness leaderboard` with their options."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True, parser_class=type(parser))
    add = actions.add_parser("add", help="make entries of finished runs", allow_abbrev=False)
    add.add_argument("runs", nargs="+", metavar="RUN", help="a complete run, or a folder of runs")
    add.add_argument("--entries", default=ENTRIES, metavar="DIR", help=f"where to (default {ENTRIES})")
    add.add_argument(
        "--attach", choices=["numbers", "transcripts"], default="numbers",
        help="samples with counts, verdicts and tokens only (default), or with all texts",
    )  # fmt: skip
    add.add_argument("--after", metavar="ID", help="the entry that this run follows: a regression is told")
    add.add_argument(
        "--reproduces", metavar="ID",
        help="this run is a second one of that entry ('same': each run of its identity's): mark it where they agree",
    )  # fmt: skip
    _private(add)
    build = actions.add_parser("build", help="write the static site", allow_abbrev=False)
    _sources(build)
    build.add_argument("-o", "--output", default="site", metavar="DIR", help="default: site")
    build.add_argument("--title", default="Leaderboard", help="of the site (default Leaderboard)")
    build.add_argument("--address", default="", metavar="URL", help="where it will be found, for links of the feed")
    build.add_argument(
        "--transcripts", default="sample:200", metavar="WHICH",
        help="all, failed, none or sample:N problems of each run (default sample:200)",
    )  # fmt: skip
    build.add_argument("--force", action="store_true", help="even if it is larger than 1 GiB")
    _private(build)
    check = actions.add_parser("check", help="are the entries, or a site, what they claim to be?", allow_abbrev=False)
    _sources(check)
    check.add_argument("folder", nargs="?", metavar="DIR", help=f"a folder of entries (default {ENTRIES})")
    check.add_argument("--site", metavar="SITE", help="a built site")
    check.add_argument("--format", choices=["text", "json", "github"], default="text", help="default: text")
    serve = actions.add_parser("serve", help="serve a built site on this machine", allow_abbrev=False)
    serve.add_argument("site", nargs="?", default="site", metavar="SITE", help="default: site")
    serve.add_argument("--port", type=int, default=8000, metavar="N", help="default: 8000")


def _sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--entries", metavar="DIR", help=f"a folder of entries (default {ENTRIES})")
    parser.add_argument("--runs", nargs="+", metavar="RUN", help="run folders, or folders of runs, in place of entries")


def _private(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--redact",
        action="append",
        metavar="TASK,…",
        help="keep the texts of these tasks out, as harp's are anyway",
    )
    parser.add_argument("--no-redact", action="store_true", help="show the texts of every task, harp's too")


def run(arguments: argparse.Namespace) -> int:
    """One action."""
    actions = {"add": _add, "build": _build, "check": _check, "serve": _serve}
    return actions[arguments.action](arguments)


# ----------------------------------------------------------------------------------------------------------------- add


def _add(arguments: argparse.Namespace) -> int:
    """Write an entry per run. Raises UsageError or IncompleteError before anything is written."""
    from harness.core import UsageError
    from leaderboard import entry as entries
    from leaderboard.site import withheld

    runs = _runs(arguments.runs)
    folder = Path(arguments.entries)
    if arguments.reproduces:
        return _reproduce(runs, folder, arguments.reproduces)
    if arguments.after is not None and not (folder / f"{arguments.after}.json").exists():
        raise UsageError(f"--after names '{arguments.after}', which is no entry of {folder}.")
    redacted = _redacted(arguments)
    made = []
    for each in runs:
        task = each.manifest["identity"]["task"]["name"]
        attach = arguments.attach
        if attach == "transcripts" and withheld(task, redacted):
            print(f"{each.name}: the texts of {task} are kept out; numbers are attached.", file=sys.stderr)
            attach = "numbers"
        statements = _statements(each) if attach == "transcripts" else {}
        made.append(entries.of_run(each, attach=attach, statements=statements, after=arguments.after))
    _make(folder)
    for each_made in made:
        written = entries.write(each_made, folder)
        about = written.data["samples"]
        print(
            f"{folder / written.id}.json: {about['problems']} problems, {about['bytes']:,} bytes of samples "
            f"({written.data['attach']})"
        )
    return 0


def _reproduce(runs: Sequence[Run], folder: Path, name: str) -> int:
    """Mark an entry as reproduced by a run, or each run's own entry. Raises NotComparableError where two disagree; then
    nothing is written."""
    from harness.core import UsageError
    from leaderboard import entry as entries
    from leaderboard.reproduction import reproduced

    if name != SAME and len(runs) != 1:
        raise UsageError(f"--reproduces {name} takes one run, not {len(runs)}. --reproduces {SAME} takes many.")
    names = [entries.name_of(run) if name == SAME else name for run in runs]
    marked = [reproduced(entries.read(folder / f"{each}.json"), run) for each, run in zip(names, runs, strict=True)]
    for each in marked:
        entries.save(each, folder)
        found = each.data["reproduction"]
        change = f"{found['metric']} {100 * found['difference']:+.1f} points on {found['problems']} problems"
        print(f"{folder / each.id}.json: reproduced, {change}")
    return 0


def _make(folder: Path) -> None:
    from harness.core import UsageError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be made: {error.strerror}. --entries names another.") from error


def _runs(paths: Sequence[str]) -> list[Run]:
    """The runs at some paths, each a run or a folder of runs, of which those that are not complete are passed over.

    Raises UsageError where there is none, IncompleteError where none of a folder's is complete."""
    from harness.core import IncompleteError
    from harness.run import Run

    found = []
    for path in map(Path, paths):
        inside = sorted(manifest.parent for manifest in path.glob("*/manifest.json"))
        if (path / "manifest.json").exists() or not inside:
            found.append(Run.open(path))
            continue
        every = [Run.open(folder) for folder in inside]
        complete = [each for each in every if each.manifest["state"] == "complete"]
        for each in every:
            if each not in complete:
                print(f"{each.folder} is {each.manifest['state']} and left out.", file=sys.stderr)
        if not complete:
            raise IncompleteError(f"No run in {path} is complete. Finish one with the command that began it.")
        found += complete
    return found


def _statements(each: Run) -> dict[str, str]:
    """The problems' texts by id, from the task itself, since runs do not store them; nothing where it is not at hand or
    has other data than the run had."""
    from harness.core import HarnessError
    from tasks.loading import load_task

    asked = each.manifest["identity"]["task"]
    try:
        task = load_task(asked["name"])
    except HarnessError as error:
        print(f"{each.name}: shown without the problems' statements. {error}", file=sys.stderr)
        return {}
    if task.digest != asked["digest"]:
        print(f"{each.name}: shown without statements, as {asked['name']} has other data now.", file=sys.stderr)
        return {}
    return {problem.id: problem.statement for problem in task.problems}


def _redacted(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The tasks whose texts stay out."""
    from harness.core import UsageError
    from leaderboard.site import PRIVATE

    named = [name.strip() for text in arguments.redact or () for name in text.split(",") if name.strip()]
    if named and arguments.no_redact:
        raise UsageError("--redact and --no-redact contradict each other. Leave one of the two out.")
    return () if arguments.no_redact else tuple(dict.fromkeys([*PRIVATE, *named]))


# --------------------------------------------------------------------------------------------------------------- build


def _build(arguments: argparse.Namespace) -> int:
    """Write the site and name the file to open."""
    from leaderboard import site
    from leaderboard.site import Options

    options = Options(
        title=arguments.title,
        redact=_redacted(arguments),
        address=arguments.address and arguments.address.rstrip("/") + "/",
        transcripts=_transcripts(arguments.transcripts),
    )
    entries = _entries(arguments, options)
    folder = Path(arguments.output)
    try:
        made = site.site(entries, options)
        index = site.build(made, folder, limit=None if arguments.force else LIMIT)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        _blame(entries, error)
    size = sum(about["bytes"] for about in index["files"].values())
    count = len(made.entries)
    print(f"{count} {'run' if count == 1 else 'runs'}, {len(index['files']):,} files, {size / 2**20:,.1f} MiB")
    print(f"open {folder / 'index.html'}")
    return 0


def _blame(entries: Sequence[Entry], error: Exception) -> NoReturn:
    """Raises UsageError where an entry is not of the published form, else the error itself: it is ours."""
    from harness.core import UsageError
    from leaderboard.check import misshapen

    if wrong := misshapen(entries):
        raise UsageError(f"{wrong} `harness leaderboard check` finds all of it.") from error
    raise error


def _transcripts(text: str) -> str:
    from harness.core import UsageError

    name, _, number = text.partition(":")
    if text in ("all", "failed", "none") or (name == "sample" and number.isdigit()):
        return text
    raise UsageError(f"--transcripts '{text}' is not known. Say all, failed, none or sample:N.")


def _entries(arguments: argparse.Namespace, options: Options) -> list[Entry]:
    """The entries of a folder, or run folders in the form of entries. Raises UsageError where there are none."""
    from harness.core import UsageError
    from leaderboard import entry as entries
    from leaderboard.site import withheld

    if arguments.runs:
        if arguments.entries:
            raise UsageError("--entries and --runs are two sources. Leave one of the two out.")
        texts: dict[str, dict[str, str]] = {}
        found = []
        for each in _runs(arguments.runs):
            task = each.manifest["identity"]["task"]
            hidden = withheld(task["name"], options.redact) or options.transcripts == "none"
            if not hidden and task["digest"] not in texts:
                texts[task["digest"]] = _statements(each)
            found.append(entries.of_run(each, statements={} if hidden else texts[task["digest"]]))
        return found
    folder = Path(arguments.entries or ENTRIES)
    found = entries.read_folder(folder)
    if not found:
        raise UsageError(f"{folder} has no entries. `harness leaderboard add RUN` makes one; --runs takes run folders.")
    return found


# --------------------------------------------------------------------------------------------------------------- check


def _check(arguments: argparse.Namespace) -> int:
    """Print what was found; 2 where something is wrong."""
    from harness.core import UsageError

    if arguments.folder and arguments.entries and arguments.folder != arguments.entries:
        raise UsageError("DIR and --entries are two folders of entries. Leave one of the two out.")
    arguments.entries = arguments.entries or arguments.folder
    if arguments.runs and not arguments.site:
        raise UsageError("--runs belongs to --site: run folders make a site. `harness report` looks at runs.")
    found, about = _site(arguments) if arguments.site else _folder(arguments)
    errors = sum(level == "error" for level, _, _ in found)
    if arguments.format == "json":
        import json

        rows = [{"level": level, "file": file, "message": message} for level, file, message in found]
        print(json.dumps({"schema": "harness.check/1", "passed": not errors, "findings": rows}))
    else:
        from reports.forms import annotation

        lines = [
            annotation(level, "leaderboard", message, file=file)
            if arguments.format == "github"
            else f"{level}: {file}: {message}"
            for level, file, message in found
        ]
        print("\n".join([*lines, f"{about}: {_many(errors, 'error')}, {_many(len(found) - errors, 'warning')}"]))
    return UsageError.code if errors else 0


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


Found = list[tuple[str, str, str]]


def _folder(arguments: argparse.Namespace) -> tuple[Found, str]:
    from harness.core import UsageError
    from leaderboard.check import check_folder

    folder = Path(arguments.entries or ENTRIES)
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. `harness leaderboard add RUN` makes entries.")
    count = len(list(folder.glob("*.json")))
    if not count:
        raise UsageError(f"{folder} has no entries to check. `harness leaderboard add RUN` makes one.")
    findings = [(each.level, each.file, each.message) for each in check_folder(folder)]
    return findings, f"{count} {'entry' if count == 1 else 'entries'}"


def _site(arguments: argparse.Namespace) -> tuple[Found, str]:
    """A site against what its entries build with the options that it states."""
    from leaderboard import site

    folder = Path(arguments.site)
    options = site.options_of(folder)
    made = site.site(_entries(arguments, options), options)
    wrong: Found = [("error", str(folder / path), f"{path} {what}.") for path, what in site.strays(made, folder)]
    return wrong, f"{folder} of {len(made.entries)} entries"


# --------------------------------------------------------------------------------------------------------------- serve


def _serve(arguments: argparse.Namespace) -> int:
    """Serve the site on the loopback interface until interrupted."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from harness.core import UsageError
    from leaderboard.site import options_of

    folder = Path(arguments.site)
    options_of(folder)
    handler: Any = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", arguments.port), handler)
    except (OSError, OverflowError) as error:
        raise UsageError(f"Port {arguments.port} cannot be used: {error}. --port takes another.") from error
    print(f"http://127.0.0.1:{server.server_port}/ serves {folder}; Ctrl-C ends it.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0
