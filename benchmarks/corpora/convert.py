"""How fast corpora convert, and in how much memory, however large they are.

    python -m benchmarks.corpora.convert CORPUS... [--megabytes 2000]

Each CORPUS, a file, is repeated until it has that size, and converted by a process of its own. The
peak of its memory should be the same for any size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from cueline.corpus.json_stream import items

MEGA = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--format")
    given = parser.parse_args()
    for corpus in given.corpora:
        with tempfile.TemporaryDirectory() as folder:
            large = Path(folder, corpus.name)
            size = repeat(corpus, large, given.megabytes * MEGA)
            seconds, peak = convert(large, Path(folder, "out.jsonl"), given.format)
        print(
            f"{corpus.name}: {size / MEGA:,.0f} MB in {seconds:.0f} s, "
            f"{size / MEGA / seconds:.1f} MB/s, peak {peak / MEGA:.0f} MB",
            flush=True,
        )


def repeat(corpus: Path, large: Path, size: int) -> int:
    """Write the content of `corpus` to `large` until it has `size` bytes; return how many."""
    with corpus.open("rb") as file:
        is_array = file.read(1) == b"[" and corpus.suffix != ".jsonl"
    with large.open("wb") as file:
        if is_array:
            between = b"["
            for item in endless(corpus):
                file.write(between + item)
                between = b",\n"
                if file.tell() > size:
                    break
            file.write(b"]")
        else:
            content = corpus.read_bytes().rstrip(b"\n") + b"\n\n"
            while file.tell() < size:
                file.write(content)
        return file.tell()


def endless(corpus: Path) -> Iterator[bytes]:
    """The items of `corpus` again and again."""
    return cycle([text for _, text in items(corpus)])


def convert(corpus: Path, out: Path, format: str | None) -> tuple[float, int]:
    """Seconds, and the peak of resident memory in bytes, of `cueline convert`."""
    named = ["--format", format] if format else []
    cueline = "from cueline.cli import main; main()"
    command = [sys.executable, "-c", cueline, "convert", str(corpus), str(out), *named]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"converting {corpus.name} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
