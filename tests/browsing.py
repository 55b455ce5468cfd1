"""What the browser tests share: toy runs, hostile texts, the site made of them, and a page that is watched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.run import Run
from harness.verifiers.toy import Toy
from leaderboard import entry as entries
from leaderboard import site as sites
from scorers.pool import GradingPool
from support import run, small_task, toy_plan

HOSTILE = [
    "<script>window.hit = 1; alert(1)</script>",
    "<svg/onload=alert(1)><img src=x onerror=alert(1)>",
    "$\\text{<img src=x onerror=alert(1)>}$ and $\\href{javascript:alert(1)}{x}$",
    "</script></div></main><iframe src=https://example.org/></iframe>",
    "\u202eevil\u202c \x00\x1b[31m \ud800\udfff \ufeff\u2028",
    "a" * 1_000_000,
    "$" * 5000 + "\\begin{align}" * 200 + "{" * 5000,
    "[asy]</pre><script>alert(1)</script>[/asy]```\n</code><base href=//example.org>\n```",
    "'); H.put('runs', []); //<!-- ]]> */ ${alert(1)} `",
]


def chromium() -> str:
    """The browser, or a reason to skip."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@contextmanager
def launched() -> Iterator[Any]:
    """A browser; to be started after the runs are made, as its loop and theirs do not mix."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        yield started.chromium.launch(executable_path=path, args=arguments)


COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that another colour scheme can change the verdict of."""


def require_axe() -> None:
    """Skip without axe."""
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")


def barriers(page: Any, rules: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """What axe finds that is serious or critical, by `rules` or all: the rule, the first element, how to mend it.

    Only violations are told, as describing all elements that pass takes most of the time; and no style sheet is asked
    for again, which a page from a file may not."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "preload": False} | ({"runOnly": list(rules)} if rules else {})
    found = Axe().run(page, options=options).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    return [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0].get("failureSummary")) for v in serious]


def check_phone(page: Any, address: str, *, look: bool = True) -> None:
    """A page of 320 pixels is not wider, and has no serious violation in light and dark where one is to `look`."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    for scheme, rules in (("light", ()), ("dark", COLOURS)) if look else ():
        page.emulate_media(color_scheme=scheme)
        found = barriers(page, rules)
        assert not found, f"{address} {scheme}: {found}"


def few(folder: Path, pool: GradingPool) -> list[Run]:
    """A sample and a tree search on five problems."""
    task = small_task(5)
    plans = [toy_plan(task, n=4), toy_plan(task, strategy="mcts", simulations=2, width=2, **_verifier())]
    return [Run.open(run(plan, folder, pool).folder) for plan in plans]


def beam(folder: Path, pool: GradingPool) -> Run:
    """A beam search on 24 problems."""
    plan = toy_plan(small_task(24), strategy="beam", n=8, model="toy/good", step_accuracy=0.8, **_verifier())
    return Run.open(run(plan, folder, pool).folder)


def _verifier() -> dict[str, Any]:
    return {"verifier": Toy("default", noise=0.3), "verifier_name": "toy/default"}


def statements(made: list[Run], hostile: bool = False) -> dict[str, str]:
    """The problems' texts."""
    ids = [problem["problem_id"] for problem in made[0].lines("problems.jsonl")]
    if hostile:
        return {name: HOSTILE[2 * i % len(HOSTILE)] + HOSTILE[(2 * i + 1) % len(HOSTILE)] for i, name in enumerate(ids)}
    return {name: f"What is ${i} + {i}$, that is $\\frac{{{4 * i}}}{{2}}$?" for i, name in enumerate(ids)}


def spoil(made: Run) -> Run:
    """Every text of a run made hostile, in place."""
    for name in ("responses.jsonl", "trees.jsonl", "problems.jsonl"):
        path = made.folder / name
        if not path.exists():
            continue
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for i, line in enumerate(lines):
            text = HOSTILE[i % len(HOSTILE)]
            for key in ("text", "answer", "gold"):
                if key in line:
                    line[key] = text
            for j, node in enumerate(line.get("nodes", ())):
                node["step"] = HOSTILE[(i + j) % len(HOSTILE)]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return made


def build(made: list[Run], texts: dict[str, str], folder: Path, **options: Any) -> Path:
    """The site of some runs."""
    sites.build(sites.site([entries.of_run(each, statements=texts) for each in made], sites.Options(**options)), folder)
    return folder


@dataclass
class Watched:
    """A page of a site, and everything that it must not do."""

    page: Any
    site: Path
    wrong: list[str] = field(default_factory=list)

    def open(self, address: str) -> Any:
        """Load a page anew and wait until it has drawn."""
        self.page.goto("about:blank")
        self.page.goto(f"file://{self.site}/{address}")
        self.drawn()
        return self.page

    def drawn(self) -> None:
        """Wait until nothing is busy."""
        self.page.wait_for_selector("main:not(:has([aria-busy]))")


@contextmanager
def watched(browser: Any, site: Path, **context: Any) -> Iterator[Watched]:
    """A fresh page without network. At the end it must have been silent: no dialog, no request that is not for a file
    of the site, no error and no message on the console."""
    opened = browser.new_context(offline=True, **context)
    found = Watched(opened.new_page(), site)
    page = found.page

    def asked(request: Any) -> None:
        if not request.url.startswith((f"file://{site}/", "about:")):
            found.wrong.append(f"request {request.url[:200]}")

    def answered(dialog: Any) -> None:
        found.wrong.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def failed(request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # what a page that is left was still loading
            found.wrong.append(f"failed {request.url[:200]}: {request.failure}")

    page.on("request", asked)
    page.on("requestfailed", failed)
    page.on("dialog", answered)
    page.on("console", lambda message: found.wrong.append(f"console {message.text}"))
    page.on("pageerror", lambda error: found.wrong.append(f"error {error}"))
    yield found
    assert page.evaluate("window.hit") is None
    opened.close()
    assert not found.wrong, found.wrong[:5]
