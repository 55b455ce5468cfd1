"""The site as files: whole, deterministic, without dead links, without texts that must not leave, small."""

from __future__ import annotations

import csv
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

from harness.core import UsageError
from leaderboard import entry as entries
from leaderboard import site as sites
from leaderboard.entry import Entry, sealed
from leaderboard.site import Options, contents, strays
from leaderboard.site import site as make

TEXT = "Step 1 of"
KIB = 1024


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def renamed(entry: Entry, number: int) -> Entry:
    """The same run under another name: as many rows as one wants."""
    data = {**entry.data, "id": f"{entry.id}-{number}", "model": f"some-lab/a-model-of-some-size-{number}"}
    return replace(entry, data=sealed(data))


def test_the_same_entries_give_the_same_site(told: list[Entry], built: Path, tmp_path: Path) -> None:
    sites.build(make(list(reversed(told))), tmp_path / "again")
    assert files(tmp_path / "again") == files(built)


def test_every_link_leads_somewhere(built: Path) -> None:
    seen = 0
    for path, content in files(built).items():
        if not path.endswith((".html", ".atom")):
            continue
        for address in re.findall(r'(?:href|src)="([^"]*)"', content.decode()):
            parts = urlsplit(address)
            assert not parts.scheme
            assert not parts.netloc
            target = (built / path).parent / unquote(parts.path) if parts.path else built / path
            assert target.exists(), f"{path} links to {address}"
            if parts.fragment and "=" not in parts.fragment:
                assert f'id="{parts.fragment}"' in target.read_text(), f"{path} links to {address}"
            seen += 1
    assert seen > 100


def test_a_second_build_removes_what_is_gone(told: list[Entry], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    sites.build(make(told), folder)
    sites.build(make(told[:2]), folder)
    assert sorted(path.stem for path in (folder / "run").iterdir()) == sorted(entry.id for entry in told[:2])
    assert list(strays(make(told[:2]), folder)) == []


def test_a_folder_of_something_else_is_left_alone(told: list[Entry], tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="not empty and no site"):
        sites.build(make(told), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_large_site_is_refused(told: list[Entry], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="larger than"):
        sites.build(make(told), tmp_path / "site", limit=10_000)


def test_an_edited_site_is_not_what_its_entries_build(told: list[Entry], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    sites.build(make(told), folder)
    index = folder / "index.html"
    index.write_text(index.read_text().replace("</h1>", " (better)</h1>"))
    (folder / "extra.html").write_text("x")
    (folder / "methods.html").unlink()
    assert dict(strays(make(told), folder)) == {
        "index.html": "is not what the entries build",
        "methods.html": "is missing",
        "extra.html": "is no part of the site",
    }


def test_two_entries_of_one_name_are_refused(told: list[Entry]) -> None:
    with pytest.raises(UsageError, match="Two entries"):
        make([told[0], told[0]])


def test_no_entries_make_a_site_all_the_same(tmp_path: Path) -> None:
    sites.build(make([]), tmp_path / "site")
    assert "no entries yet" in (tmp_path / "site" / "index.html").read_text()
    ElementTree.parse(tmp_path / "site" / "feed.atom")


# ----------------------------------------------------------------------------------------------------------- redaction


def holds(made: sites.Site, *words: str) -> set[str]:
    """The files of a site that hold any of some words, as they stand or escaped."""
    forms = [form.encode() for word in words for form in (word, json.dumps(word)[1:-1])]
    return {path for path, content in contents(made) if any(form in content for form in forms)}


def as_task(entry: Entry, task: str) -> Entry:
    return replace(entry, data=sealed({**entry.data, "task": {**entry.data["task"], "name": task}}))


def test_texts_of_private_tasks_stay_out(told: list[Entry]) -> None:
    assert any(path.startswith("data/") for path in holds(make(told), TEXT, "What is 3"))
    for task, options in (("harp", Options()), ("harp_mcq", Options()), ("mine", Options(redact=("mine",)))):
        hidden = make([as_task(entry, task) for entry in told], options)
        assert all(entry.withheld for entry in hidden.entries)
        assert holds(hidden, TEXT, "What is 3") == set()
    shown = make([as_task(entry, "harp") for entry in told], Options(redact=()))
    assert holds(shown, TEXT)
    assert not make([as_task(told[0], "harpsichord")]).entries[0].withheld


def test_a_private_task_has_its_published_figures(told: list[Entry]) -> None:
    made = dict(contents(make([as_task(told[0], "harp")])))
    page = made[f"run/{told[0].id}.html"].decode()
    assert "gpt-4o (published)" in page
    assert "2412.08819" in page
    assert "published" not in dict(contents(make([told[0]])))[f"run/{told[0].id}.html"].decode().replace(
        "published form", ""
    )


# --------------------------------------------------------------------------------------------------------- files, feed


def test_everything_is_there_as_csv_and_json(told: list[Entry], built: Path) -> None:
    summary = json.loads((built / "data/entries.json").read_text())
    assert {row["id"] for row in summary["entries"]} == {entry.id for entry in told}
    for row in summary["entries"]:
        whole = json.loads((built / row["file"]).read_text())
        assert whole["id"] == row["id"]
        assert sealed(whole) == whole
        metrics = rows(built / f"data/run/{row['id']}.metrics.csv")
        assert len(metrics) == len(whole["results"]["metrics"])
        problems = rows(built / f"data/run/{row['id']}.problems.csv")
        assert len(problems) == whole["results"]["problems"]["finished"]
        right = [int(p["c"]) / int(p["n"]) for p in problems]
        assert sum(right) / len(right) == pytest.approx(row["pass@1"]["value"])
    every = rows(built / "data/metrics.csv")
    assert len(every) == sum(len(entry.data["results"]["metrics"]) for entry in told)


def test_no_name_is_a_formula_in_a_spreadsheet(told: list[Entry]) -> None:
    made = dict(contents(make([replace(told[0], data=sealed({**told[0].data, "model": "=1+1"}))])))
    text = made["data/metrics.csv"].decode()
    assert {row["model"] for row in csv.DictReader(text.splitlines())} == {"'=1+1"}


def test_the_feed_tells_of_a_regression(told: list[Entry]) -> None:
    good, weak = told[0], told[4]
    data = sealed({**weak.data, "after": good.id, "created": "2030-01-01T00:00:00+00:00"})
    made = dict(contents(make([good, replace(weak, data=data)], Options(address="https://example.org/board/"))))
    feed = ElementTree.fromstring(made["feed.atom"])
    space = {"a": "http://www.w3.org/2005/Atom"}
    first, second = feed.findall("a:entry", space)
    assert first.findtext("a:title", namespaces=space) == "Regression: toy/weak, sample (n=8) on small"
    assert second.findtext("a:title", namespaces=space) == "New run: toy/good, sample (n=8) on small"
    link = first.find("a:link", space)
    assert link is not None
    assert link.get("href") == f"https://example.org/board/run/{weak.id}.html"
    assert "a regression" in (first.findtext("a:summary", namespaces=space) or "")
    assert feed.findtext("a:updated", namespaces=space) == "2030-01-01T00:00:00+00:00"
    assert ">regression</span>" in made["changelog.html"].decode()


def test_a_checkpoint_follows_the_one_before(told: list[Entry]) -> None:
    from leaderboard.history import forerunner, lineage

    assert lineage("vllm/out/checkpoint-500") == lineage("vllm/out/checkpoint-1k") != lineage("vllm/other")
    first = replace(told[0], data={**told[0].data, "model": "out/checkpoint-500"})
    later = {**told[0].data, "model": "out/checkpoint-1000", "created": "2030-01-01T00:00:00+00:00", "id": "later"}
    assert forerunner(Entry(later), [first, Entry(later)]) is first
    assert forerunner(first, [first, Entry(later)]) is None
    assert forerunner(Entry({**later, "model": "other"}), [first]) is None


def test_badges_are_pictures(built: Path) -> None:
    badges = list((built / "badge").iterdir())
    assert len(badges) == 5
    for badge in badges:
        root = ElementTree.parse(badge).getroot()
        assert root.get("role") == "img"
        assert "%" in (root.get("aria-label") or "")


# ------------------------------------------------------------------------------------------------------------- budgets


def test_a_hundred_runs_fit_the_budget(told: list[Entry]) -> None:
    """The index within 100 KiB and 1,500 nodes, a run's page within 60 KiB; compressed, with styles and script."""
    many = [renamed(entry, number) for number in range(20) for entry in told]
    made = make(many)
    made.__dict__["ranks"] = {entry.id: {"best": 12, "worst": 34, "of": 100} for entry in many}
    from leaderboard.pages import index, run

    pages = dict(index.pages(made))
    assert set(pages) == {"index.html", "all.html"}
    parts = {name: content for name, content in contents(make([])) if name in ("look.css", "style.css", "site.js")}
    assert sum(map(compressed, [pages["index.html"].encode(), *parts.values()])) <= 100 * KIB
    visible = re.sub(r"<template.*?</template>", "", pages["index.html"], flags=re.DOTALL)
    assert len(re.findall(r"<[a-zA-Z]", visible)) <= 1500
    assert pages["all.html"].count("<tr data-task") == 100
    assert pages["index.html"].count("<tr data-task") == 100
    one = next(iter(run.pages(made)))[1]
    assert compressed(one.encode()) <= 60 * KIB


def test_transcripts_of_entries_without_them_are_not_made_up(folder: Path) -> None:
    made = make(entries.read_folder(folder))
    assert holds(made, TEXT) == set()
