"""Any bytes, and real files that are damaged, are read or refused, and never end in a traceback.

    python -m benchmarks.corpora.fuzz CORPUS... [--minutes 10] [--seed 0]

Each CORPUS is a file or a folder of examples, such as `docs/formats` or a corpus of one's own. An
example is cut, doubled, spliced with others and sprinkled with bytes; records of JSON also get
values of other types in the place of theirs. Whatever comes of it is asked of every format and read
by the one that recognises it, and by one more. Anything but dialogues or a `CorpusError` of one
line ends the run with the file that did it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cueline.corpus import read_all
from cueline.corpus.account import Account
from cueline.corpus.options import ReadingOptions
from cueline.corpus.registry import VIEWS
from cueline.corpus.sample import Sample
from cueline.errors import CorpusError

LARGEST = 200_000
SUFFIXES = (".json", ".jsonl", ".txt", ".csv", ".md", ".yml", "")
PIECES = (
    *(bytes([byte]) for byte in b'\n\r\t"{}[]\\\xff\x00'),
    *(
        b"",
        b"9" * 30,
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\\ud83d",
        b"null",
        b"-1e999",
        b"\xe2\x80\xa8",
    ),
)
VALUES: tuple[Any, ...] = (
    None, True, 0, -1.5, 10**30, "", "a", "\ud83d", "[", "{}", "<tool_call>", [], {}, [[]], [None],
    {"type": "text"}, [{"type": "tool_use"}], {"role": "user"}, "2026-01-01T00:00:00Z",
)  # fmt: skip
_BLOCK = re.compile(rb"```\w*\n(.*?)```", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    examples = list(examples_in(given.corpora))
    counts = fuzz(examples, random.Random(given.seed), time.monotonic() + given.minutes * 60)
    print(f"{counts[0]} files from {len(examples)} examples: {counts[1]} read, the rest refused")


def examples_in(paths: Iterable[Path]) -> Iterable[bytes]:
    """The beginnings of the files, and of pages the blocks of code in them."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as opened:
                    content = opened.read(LARGEST)
                yield from _BLOCK.findall(content) if file.suffix == ".md" else [content]


def fuzz(examples: list[bytes], dice: random.Random, until: float) -> tuple[int, int]:
    """How many files were tried until the time `until`, and how many of them were read."""
    tried = read = 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < until:
            content = damaged(examples, dice)
            path = Path(folder, f"fuzzed{dice.choice(SUFFIXES)}")
            path.write_bytes(content)
            try:
                read += attempt(path, dice)
            except Exception:
                kept = Path(tempfile.gettempdir(), path.name)
                kept.write_bytes(content)
                print(f"{kept}: this file ends in a traceback, after {tried} others")
                raise
            path.unlink()
            tried += 1
    return tried, read


def attempt(path: Path, dice: random.Random) -> bool:
    """Ask every format whether it recognises the file, and read it; return whether that worked."""
    sample = Sample(path)
    for format in VIEWS.values():
        format.recognises(sample)
    read = False
    for name in (None, dice.choice(list(VIEWS))):
        options = ReadingOptions(name, skip_bad=dice.random() < 0.5)
        account = Account(options)
        try:
            read |= bool(read_all([path], account=account))
        except CorpusError as error:
            assert "\n" not in str(error), f"an error of several lines: {error}"
            assert str(path) in str(error) or not account.dialogues, "an error without its place"
        list(account.lines())
    return read


def damaged(examples: list[bytes], dice: random.Random) -> bytes:
    """An example, or what is left of it."""
    content = dice.choice(examples)
    if dice.random() < 0.5:
        content = changed_values(content, dice)
    for _ in range(dice.choice((0, 1, 1, 2, 4))):
        start = dice.randint(0, len(content))
        end = min(len(content), start + dice.choice((0, 1, 5, 20, 2000)))
        piece = dice.choice((dice.choice(PIECES), dice.choice(PIECES), content[start:end] * 2,
                             dice.randbytes(3), dice.choice(examples)))  # fmt: skip
        content = content[:start] + piece + (b"" if dice.random() < 0.1 else content[end:])
    return content[:LARGEST]


def changed_values(content: bytes, dice: random.Random) -> bytes:
    """JSON with some values, keys and elements changed, lost or doubled; other content as it is."""
    lines = content.splitlines() if content.count(b"\n{") else [content]
    changed = []
    for line in lines:
        try:
            value = changed_value(json.loads(line), dice)
        except (ValueError, RecursionError):
            changed.append(line)
        else:
            changed.append(
                json.dumps(value, ensure_ascii=dice.random() < 0.9).encode("utf-8", "replace")
            )
    return b"\n".join(changed)


def changed_value(value: Any, dice: random.Random) -> Any:
    """`value` with some of its parts changed."""
    chance = dice.random()
    if chance < 0.01:
        return dice.choice(VALUES)
    if isinstance(value, dict):
        found = {key: changed_value(inner, dice) for key, inner in value.items()}
        if found and chance < 0.03:
            key = dice.choice(list(found))
            held = found.pop(key)
            if chance < 0.02:
                found[dice.choice(["x", key + "s", key.upper(), "type", "role", "id"])] = held
        return found
    if isinstance(value, list):
        found = [changed_value(inner, dice) for inner in value]
        if found and chance < 0.03:
            at = dice.randrange(len(found))
            found[at : at + 1] = dice.choice([[], [found[at]] * 2, found[at:][::-1]])
        return found
    return value


if __name__ == "__main__":
    main()
