"""What the map counts is what going through the dialogues one by one gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.web.flow import AHEAD, END, MAX_SETS, OTHERS, Flow, Way

NAMES = "abc"
corpora = st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6), min_size=1, max_size=9)


def dialogues(corpus: list[list[str]]) -> list[Dialogue]:
    return [Dialogue("d", tuple(Turn("x", actions=(name,)) for name in row)) for row in corpus]


@given(corpora, st.lists(st.integers(0, 3), max_size=12), st.integers(1, 3), st.booleans())
def test_a_path_is_followed_and_what_comes_after_is_counted(
    corpus: list[list[str]], path: list[int], support: int, anywhere: bool
) -> None:
    flow = Flow(dialogues(corpus))
    names = [actions[0] for actions in flow.sets]
    found = flow.after(path, support, anywhere)
    if any(number >= len(names) for number in path):
        assert found.dialogues == 0
        return
    wanted = [names[number] for number in path]
    going = []
    for row in corpus:
        starts = range(len(row)) if anywhere else [0]
        start = next((s for s in starts if row[s : s + len(wanted)] == wanted), None)
        if start is not None:
            going.append(row[start:])
    assert (found.total, found.dialogues) == (len(corpus), len(going))
    for turn, column in enumerate(found.columns):
        here = [row[turn] if turn < len(row) else None for row in going if turn <= len(row)]
        shown = {node.set: node.dialogues for node in column}
        assert shown.get(END, 0) == here.count(None)
        for number, name in enumerate(names):
            often = here.count(name)
            rare = turn >= len(path) and often < support
            assert shown.get(number, 0) == (0 if rare else often)
        assert sum(shown.values()) == len(here)
    for turn, ways in enumerate(found.ways):
        for side, column in ("start", found.columns[turn]), ("end", found.columns[turn + 1]):
            counts: dict[int, int] = {}
            for way in ways:
                number = getattr(way, side)
                counts[number] = counts.get(number, 0) + way.dialogues
            for node in column:
                ends = side == "start" and node.set == END
                assert counts.get(node.set, 0) == (0 if ends else node.dialogues)
        for way in ways:
            along = Way(tuple(path), support, anywhere, turn, (way.start, way.end))
            assert len(list(flow.turns(along))) == way.dialogues
    for turn, column in enumerate(found.columns):
        for node in column:
            there = list(flow.turns(Way(tuple(path), support, anywhere, turn, (node.set,))))
            assert len({dialogue for dialogue, _ in there}) == len(there) == node.dialogues
            if node.set >= 0:
                assert {corpus[dialogue][at] for dialogue, at in there} == {names[node.set]}


def test_of_many_actions_and_dialogues_a_few_are_shown_and_all_are_counted() -> None:
    corpus = [[f"action-{n * (t + 1) % 250}" for t in range(4)] for n in range(16_000)]
    found = Flow(dialogues(corpus)).after([])
    assert len(found.columns) == AHEAD
    for column in found.columns:
        assert len(column) == MAX_SETS + 1
        assert sum(node.dialogues for node in column) == 16_000
    others = found.columns[0][-1]
    assert (others.set, others.dialogues) == (OTHERS, 16_000 - 64 * MAX_SETS)
