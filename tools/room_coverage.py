"""Branch coverage by room, from what `coverage json` writes; exit code 1 if one is below 95 %.

python -m tools.room_coverage coverage.json
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import msgspec

LEAST = 95.0
"""Per cent of lines and branches that the tests of every room run."""


def main() -> None:
    run, found = Counter[str](), Counter[str]()
    for name, file in msgspec.json.decode(Path(sys.argv[1]).read_bytes())["files"].items():
        summary = file["summary"]
        *rooms, _ = name.partition("cueline/")[2].split("/")
        room = rooms[0] if rooms else "cueline"  # what stands beside the rooms is one
        run[room] += summary["covered_lines"] + summary["covered_branches"]
        found[room] += summary["num_statements"] + summary["num_branches"]
    shares = {room: 100 * run[room] / count for room, count in found.items() if count}
    for room, share in sorted(shares.items(), key=lambda each: each[1]):
        print(f"{room:12} {share:6.1f} %  of {found[room]:,} lines and branches")
    sys.exit(any(share < LEAST for share in shares.values()))


if __name__ == "__main__":
    main()
