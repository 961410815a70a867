"""Wherever a corpus stands and however it is packed, it is read as the plain files here."""

from __future__ import annotations

import bz2
import functools
import gzip
import http.server
import lzma
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

import cueline.corpus
from cueline.corpus import load, read_all
from cueline.corpus.files import path_of
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from tests.corpus.test_loader import FILES, file

zstd = pytest.importorskip("backports.zstd")
upath = pytest.importorskip("upath")
PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


def lines(name: str, count: int) -> bytes:
    """Dialogues of Cueline's own format."""
    return b"".join(
        b'{"id": "%s%d", "turns": [{"user": "a", "actions": ["x"]}]}\n' % (name.encode(), number)
        for number in range(count)
    )


def without_source(dialogues: list[Dialogue]) -> list[Dialogue]:
    return [
        replace(one, meta={k: v for k, v in one.meta.items() if k != "source"}) for one in dialogues
    ]


@pytest.mark.parametrize(
    ("format", "suffix"), [*((format, ".gz") for format in FILES), *(("jsonl", s) for s in PACKED)]
)
def test_a_packed_file_is_what_is_in_it(format: str, suffix: str, tmp_path: Path) -> None:
    file(tmp_path, "dialog_acts.json", b'{"d": {}}')
    plain = read_all(file(tmp_path, "corpus.json", FILES[format]))
    packed = file(tmp_path, f"corpus.json{suffix}", PACKED[suffix](FILES[format]))
    assert without_source(read_all(packed)) == without_source(plain)


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("count", [1, 20_000])
def test_a_shard_that_is_cut_off_is_named(count: int, suffix: str, tmp_path: Path) -> None:
    file(tmp_path, "a.jsonl", lines("a", 3))
    whole = PACKED[suffix](lines("b", count))
    bad = file(tmp_path, f"b.jsonl{suffix}", whole[: len(whole) * 9 // 10])
    with pytest.raises(CorpusError, match=rf"^{bad}: packed, and not whole: "):
        read_all(bad)
    with pytest.raises(CorpusError, match=rf"^{bad}: packed, and not whole: "):
        read_all(tmp_path)


@pytest.fixture
def shards() -> Iterator[str]:
    """A folder of a store, by its URL."""
    folder = upath.UPath("memory://shards")
    for name, content in {
        "a.jsonl": lines("a", 3),
        "b/b.jsonl.gz": gzip.compress(lines("b", 2)),
        "c.parquet": FILES["parquet"],
        "README.md": b"# A corpus\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    yield str(folder)
    folder.fs.store.clear()
    folder.fs.pseudo_dirs[:] = [""]


def ids(source: object) -> list[str]:
    return [dialogue.id for dialogue in load(source)]  # type: ignore[arg-type]


def test_a_url_is_a_folder_a_file_or_a_pattern(shards: str) -> None:
    assert ids(shards) == ["a0", "a1", "a2", "b0", "b1", "d"]
    assert ids(f"{shards}/a.jsonl") == ids(f"{shards}/*.jsonl") == ["a0", "a1", "a2"]
    assert ids(f"{shards}/**/*.gz") == ["b0", "b1"]
    assert ids([f"{shards}/c.parquet", f"{shards}/b"]) == ["d", "b0", "b1"]
    assert ids(path_of(shards)) == ids(shards)


def test_a_pattern_is_one_here_too(tmp_path: Path) -> None:
    for name in ("2.jsonl", "10.jsonl", "deep/3.jsonl", "note.txt"):
        file(tmp_path, name, lines(Path(name).stem, 1))
    assert ids(tmp_path / "*.jsonl") == ["100", "20"]
    assert ids(str(tmp_path / "**" / "[23].jsonl")) == ["20", "30"]
    strange = file(tmp_path, "[2].jsonl", lines("it", 1))
    assert ids(strange) == ["it0"]


def test_what_is_not_there_is_said_by_its_url(shards: str) -> None:
    for name, what in {"nothing": "no such file or folder", "*.csv": "no file .* matches"}.items():
        with pytest.raises(CorpusError, match=what) as error:
            load(f"{shards}/{name}")
        assert str(error.value).startswith("memory://shards/")
    with pytest.raises(CorpusError, match=r"^memory://shards/a.jsonl:4: "):
        (upath.UPath(shards) / "a.jsonl").write_bytes(lines("a", 3) + b"{")
        read_all(f"{shards}/a.jsonl")


@pytest.mark.parametrize(
    ("missing", "url", "said"),
    [
        ("upath", "memory://shards", "pip install 'cueline[files]'"),
        ("s3fs", "s3://bucket/shards", "Install s3fs"),
        (None, "nowhere://bucket", "nowhere"),
    ],
)
def test_what_reads_a_url_is_asked_for_in_one_line(
    missing: str | None, url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing is not None:
        monkeypatch.setitem(sys.modules, missing, None)  # as Python has it: an import fails
    with pytest.raises(CorpusError) as error:
        load(url)
    assert str(error.value).startswith(url) and said in str(error.value)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Gives whole files alone, as the simplest servers do."""

    def log_message(self, *_: object) -> None:
        pass

    def send_header(self, keyword: str, value: str) -> None:
        more = keyword == "Content-Length" and self.path == "/cut.jsonl"
        super().send_header(keyword, "99999" if more else value)


class Server(http.server.ThreadingHTTPServer):
    """Says nothing of a caller who has gone: fsspec asks whether a file is there, and hangs up."""

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_web_server_need_not_give_parts_of_files(site: str, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    large = lines("a", 120_000)  # more than fsspec asks for at once
    file(tmp_path, "a.jsonl", large)
    file(tmp_path, "c.parquet", FILES["parquet"])
    assert len(ids(f"{site}/a.jsonl")) == 120_000
    assert ids(f"{site}/c.parquet") == ["d"]
    with pytest.raises(CorpusError, match=rf"^{site}/b.jsonl: no such file"):
        load(f"{site}/b.jsonl")
    file(tmp_path, "cut.jsonl", lines("c", 3))
    with pytest.raises(CorpusError, match=rf"^{site}/cut.jsonl: cannot be read: .*Not enough data"):
        ids(f"{site}/cut.jsonl")


def test_no_reader_opens_a_file_by_itself() -> None:
    package = Path(cueline.corpus.__file__).parent
    opens = re.compile(r"\.open\(|(?<!\w)open\(|\.read_(?:bytes|text)\(")
    readers = [path for path in package.rglob("*.py") if opens.search(path.read_text())]
    assert [path.name for path in readers] == ["files.py"]
