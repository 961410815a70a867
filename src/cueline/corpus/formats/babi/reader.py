"""The bAbI dialogue tasks (Bordes and Weston, 2016): a line a turn, knowledge rows in between.

    1 good morning<TAB>hello what can i help you with today
    2 <SILENCE><TAB>api_call italian paris six cheap
    3 resto_paris_8stars R_phone resto_paris_8stars_phone

What the system said becomes one action, its template. The features of a turn are what a live system
knows before it acts: each slot that the user has filled with its last value, the slots `given` in
this very turn, and of the last search whether anything was `found`, how many `results` there are
and how many are `left` to offer. `meta["entities"]` has for each turn what `fill` needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.files import unpacked
from cueline.corpus.formats.babi.dialogue_state import BabiState
from cueline.corpus.formats.babi.knowledge import knowledge_for
from cueline.corpus.formats.babi.lines import Line, Said, lines, parse_row
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue, Turn
from cueline.errors import corpus_error

_NUMBERED = re.compile(r"\d+ \S")


def recognises(sample: Sample) -> bool:
    """Whether all lines begin with a number, and some part a user and a system by a tab."""
    whole = sample.head.lstrip("\ufeff").split("\n")[:200]
    whole = [line for line in (whole[:-1] or whole) if line.strip()]
    tabbed = [line.partition(" ")[2] for line in whole if "\t" in line]
    return bool(tabbed) and all(map(_NUMBERED.match, whole)) and not any(map(parse_row, tabbed))


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; without a knowledge base it is read twice."""
    account = account or Account()
    knowledge = knowledge_for(path)
    for number, group in enumerate(_dialogues(path), start=1):
        account.record()
        state = BabiState(knowledge)
        turns, entities = [], []
        for line in group:
            if not isinstance(line.content, Said):
                state.find(line.content)
                continue
            user, system = line.content
            features = state.hear(user)
            entities.append(state.entities())
            actions = (state.say(system),) if system else ()
            turns.append(Turn(user, features, actions=actions, system=system or None))
        if not turns:
            raise corpus_error(group[0].place, "a dialogue without a turn; remove its rows")
        meta = {"source": path.name, "entities": entities}
        yield Dialogue(f"{unpacked(path).stem}-{number}", tuple(turns), meta)


def _dialogues(path: Path) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines(path):
        if line.first and group:
            yield group
            group = []
        group.append(line)
    if group:
        yield group
