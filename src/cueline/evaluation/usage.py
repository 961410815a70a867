"""What a model in the cloud takes for each turn: tokens read, tokens written, and seconds.

Where it was counted, it stands in the `meta` of a dialogue under `usage`. Else tokens are estimated
from the text of the turns, four bytes of UTF-8 a token, OpenAI's rule of thumb for English:

    read      all up to the turn: what users said and tools returned, what was answered before
    written   what is answered at the turn: words, and each call as its action and arguments in JSON

Instructions and descriptions of tools, which a model reads again at each turn, stand in no corpus,
so that an estimate is below what is paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cueline.corpus.transcripts.events import TurnUsage
from cueline.corpus.transcripts.turns import RESPOND
from cueline.corpus.transcripts.usage import USAGE
from cueline.dialogue import Dialogue, Turn
from cueline.errors import Place, corpus_error
from cueline.io import convert

BYTES_A_TOKEN = 4


def counted_usage(dialogue: Dialogue) -> list[TurnUsage | None]:
    """What each turn took, where it was counted; raises `CorpusError` where it is malformed."""
    given = dialogue.meta.get(USAGE)
    if given is None:
        return [None] * len(dialogue.turns)
    place = Place(f"dialogue {dialogue.id!r}", path=f"$.meta.{USAGE}")
    found = convert(given, list[TurnUsage | None], place)
    if len(found) != len(dialogue.turns):
        raise corpus_error(
            place, f"{len(found)} items for {len(dialogue.turns)} turns; give one a turn, or null"
        )
    return found


def usage(dialogue: Dialogue) -> list[TurnUsage]:
    """What each turn took: as it was counted, else estimated from the text."""
    pairs = zip(counted_usage(dialogue), estimated(dialogue.turns), strict=True)
    return [
        TurnUsage(
            estimate.input if counted is None or counted.input is None else counted.input,
            estimate.output if counted is None or counted.output is None else counted.output,
            None if counted is None else counted.seconds,
        )
        for counted, estimate in pairs
    ]


def estimated(turns: tuple[Turn, ...]) -> Iterator[TurnUsage]:
    """The estimate for each turn, from its text."""
    read = 0
    for turn in turns:
        read += tokens(turn.user or "")
        read += sum(tokens(_json(one)) for some in turn.results.values() for one in some)
        written = tokens(turn.system or "")
        written += sum(tokens(name) + tokens(_json(call)) for name, call in calls(turn))
        yield TurnUsage(read, written)
        read += written


def calls(turn: Turn) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each call of a turn; an action without arguments is one, answering in words is none."""
    for action in turn.actions or ():
        if action != RESPOND:
            for arguments in turn.arguments.get(action, ()) or ({},):
                yield action, arguments


def tokens(text: str) -> int:
    """How many tokens a text is, about; a part of one counts as one."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_A_TOKEN)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
