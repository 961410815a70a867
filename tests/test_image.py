"""The image is built from all that the wheel is made of."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_what_the_wheel_is_made_of_is_copied_into_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    needed = {"pyproject.toml", "constraints.txt", "src", *carried}
    copied = {
        name
        for line in re.findall(r"^COPY (?!--)(.+)$", (ROOT / "Dockerfile").read_text(), re.M)
        for name in line.split()[:-1]
    }
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"
    }
    for name in needed:
        parts = {name, name.split("/")[0]}
        assert parts & copied, f"the Dockerfile does not copy {name}"
        assert parts & let_through, f".dockerignore keeps {name} out"
