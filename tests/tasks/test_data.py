from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from harness.core import UsageError
from tasks import data

LINE = b'{"a": 1}\n'


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data folder, an empty cache, and no network; returns the cache folder."""

    def refuse(url: str) -> bytes:
        raise ConnectionError("ConnectError: no route")

    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(data, "_download", refuse)
    return tmp_path / "cache"


def serve(monkeypatch: pytest.MonkeyPatch, handler: Callable[[httpx.Request], httpx.Response]) -> None:
    real = httpx.stream

    def stream(method: str, url: str, **options: object):
        client = httpx.Client(transport=httpx.MockTransport(handler))
        monkeypatch.setattr(httpx, "stream", real)
        return client.stream(method, url, follow_redirects=True)

    monkeypatch.setattr(httpx, "stream", stream)


def sentences(error: BaseException) -> int:
    return str(error).count(". ") + 1


def test_pinned_sources_name_a_commit_and_a_digest() -> None:
    assert set(data.SOURCES) == {"math500", "harp", "harp_mcq", "omni_math", "omni_math_rule"}
    for source in data.SOURCES.values():
        assert all(len(digest) == 64 and int(digest, 16) for digest in source.sha256)
        assert any(len(part) == 40 for part in source.urls[0].split("/"))


def test_data_folder_wins_over_cache(data_folder: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "data" / "math500" / "math500.jsonl"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"anything")
    assert data.locate("math500") == data_folder / "math500/math500.jsonl"
    assert len(data.rows("math500")) == 7


def test_archives_are_read_in_memory(data_folder: Path) -> None:
    before = sorted(data_folder.rglob("*"))
    assert [row["number"] for row in data.rows("harp")] == [1, 2, 3]
    assert sorted(data_folder.rglob("*")) == before


def test_digests_of_files_and_of_a_task_without_any(data_folder: Path) -> None:
    content = (data_folder / "harp/HARP.jsonl.zip").read_bytes()
    assert data.digests("harp") == {"harp/HARP.jsonl.zip": hashlib.sha256(content).hexdigest()}
    assert data.digests("game24") == {}


def test_a_file_is_hashed_once(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.digests("math500")
    monkeypatch.setattr(data, "read", lambda path: pytest.fail("read again"))
    data.digests("math500")


def test_wrong_digest_names_file_and_both_digests(data_folder: Path) -> None:
    path = data_folder / "math500/math500.jsonl"
    path.write_bytes(LINE)
    with pytest.raises(UsageError) as caught:
        data.rows("math500")
    message = str(caught.value)
    assert str(path) in message
    assert hashlib.sha256(LINE).hexdigest() in message
    assert data.SOURCES["math500"].sha256[0] in message
    assert sentences(caught.value) <= 3


def test_nothing_anywhere_says_which_file_to_put_where(nowhere: Path) -> None:
    with pytest.raises(UsageError) as caught:
        data.locate("omni_math")
    message = str(caught.value)
    assert str(nowhere / "data/omni_math/omni_math.jsonl") in message
    assert "HARNESS_DATA" in message
    assert all(url in message for url in data.SOURCES["omni_math"].urls)
    assert sentences(caught.value) <= 3


def test_missing_in_data_folder_is_told_with_the_rest(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "other"))
    with pytest.raises(UsageError) as caught:
        data.locate("harp")
    assert str(tmp_path / "other/harp/HARP.jsonl.zip") in str(caught.value)
    assert str(nowhere / "data/harp/HARP.jsonl.zip") in str(caught.value)


def test_missing_in_data_folder_falls_through_to_the_cache(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: Callable[[str, bytes], None]
) -> None:
    pin("math500", LINE)
    cached = nowhere / "data/math500/math500.jsonl"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(LINE)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "other"))
    assert data.rows("math500") == [{"a": 1}]


def test_download_is_checked_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: Callable[[str, bytes], None]
) -> None:
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    pin("math500", LINE)
    asked = []
    serve(monkeypatch, lambda request: (asked.append(str(request.url)), httpx.Response(200, content=LINE))[1])
    assert data.rows("math500") == [{"a": 1}]
    assert asked == list(data.SOURCES["math500"].urls)
    assert [path.name for path in (tmp_path / "data/math500").iterdir()] == ["math500.jsonl"]
    assert data.rows("math500") == [{"a": 1}]


def test_second_address_is_tried(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, pin: Callable[[str, bytes], None]
) -> None:
    def only_github(url: str) -> bytes:
        if "huggingface" in url:
            raise ConnectionError("down")
        return LINE

    pin("omni_math", LINE)
    monkeypatch.setattr(data, "_download", only_github)
    assert data.rows("omni_math") == [{"a": 1}]


def test_download_of_something_else_is_refused_and_not_kept(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_download", lambda url: b"<html>log in</html>")
    with pytest.raises(UsageError, match="did not deliver the expected file"):
        data.locate("math500")
    assert not nowhere.exists()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda request: httpx.Response(404), "HTTPStatusError"),
        (lambda request: (_ for _ in ()).throw(httpx.ConnectError("no route")), "ConnectError: no route"),
        (lambda request: httpx.Response(200, content=b"x" * 20), "more than"),
    ],
)
def test_download_failures_have_one_kind(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response], reason: str
) -> None:
    monkeypatch.setattr(data, "_SIZE_LIMIT", 10)
    serve(monkeypatch, answer)
    with pytest.raises(ConnectionError, match=reason):
        data._download("https://example.org/file")


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: Callable[[str, bytes], None]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(data, "_download", lambda url: LINE)
    pin("math500", LINE)
    with pytest.raises(UsageError, match="Set HARNESS_CACHE"):
        data.locate("math500")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("math500", LINE + b"\n{broken\n", "line 3, is not JSON"),
        ("math500", LINE + b"[1]\n", "line 2, is not a JSON object but list"),
        ("math500", b'"\xff"\n', "line 1, is not JSON"),
        ("harp", b"no archive", "not a readable zip archive"),
    ],
)
def test_corrupt_files_are_named(
    data_folder: Path, pin: Callable[[str, bytes], None], name: str, content: bytes, reason: str
) -> None:
    path = data_folder / data.SOURCES[name].path
    path.write_bytes(content)
    pin(name, content)
    with pytest.raises(UsageError, match=reason) as caught:
        data.rows(name)
    assert str(path) in str(caught.value)


def test_texts_may_contain_other_line_separators(data_folder: Path, pin: Callable[[str, bytes], None]) -> None:
    content = '{"a": "x\u2028y\u0085z"}\n'.encode()
    (data_folder / "math500/math500.jsonl").write_bytes(content)
    pin("math500", content)
    assert data.rows("math500") == [{"a": "x\u2028y\u0085z"}]


@pytest.mark.parametrize("members", [0, 2])
def test_an_archive_holds_one_file(data_folder: Path, pin: Callable[[str, bytes], None], members: int) -> None:
    path = data_folder / "harp/HARP.jsonl.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(members):
            archive.writestr(f"{number}.jsonl", LINE)
    pin("harp", path.read_bytes())
    with pytest.raises(UsageError, match=f"holds {members} files"):
        data.rows("harp")


def test_a_damaged_archive(data_folder: Path, pin: Callable[[str, bytes], None]) -> None:
    path = data_folder / "harp/HARP.jsonl.zip"
    content = bytearray(path.read_bytes())
    content[60:80] = bytes(20)
    path.write_bytes(content)
    pin("harp", bytes(content))
    with pytest.raises(UsageError, match="not a readable zip archive"):
        data.rows("harp")


def test_a_zip_bomb_is_not_unpacked(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch, pin: Callable[[str, bytes], None]
) -> None:
    path = data_folder / "harp/HARP.jsonl.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.jsonl", b" " * 100_000)
    pin("harp", path.read_bytes())
    monkeypatch.setattr(data, "_SIZE_LIMIT", 50_000)
    with pytest.raises(UsageError, match="unpacks to 100000 bytes"):
        data.rows("harp")


def test_a_file_that_is_too_large(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_SIZE_LIMIT", 2**20)
    path = data_folder / "math500/math500.jsonl"
    path.write_bytes(b" " * (2**20 + 1))
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        data.rows("math500")


def test_cache_folder_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert data.cache_folder() == Path.home() / ".cache/metacot-harness"
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert data.cache_folder() == Path("/x/metacot-harness")
    monkeypatch.setenv("HARNESS_CACHE", "/y")
    assert data.cache_folder() == Path("/y")
