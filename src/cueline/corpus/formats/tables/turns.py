"""The rows of one dialogue to turns, where a row is a turn and where it is a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from cueline.corpus.account import Account
from cueline.corpus.formats.tables import cells
from cueline.corpus.formats.tables.header import Header
from cueline.corpus.formats.tables.speakers import Row, Speakers
from cueline.corpus.options import Blank
from cueline.dialogue import Feature, Turn
from cueline.errors import CorpusError, Place, corpus_error

RESPOND = "respond"
"""The action of answering in words."""
UNLABELLED = "turns whose actions are blank"
ANSWERED = "blank actions where the system spoke are `respond`"
UNANSWERED = "last words of the user that nothing labelled follows"
OF_THE_CUSTOMER = "actions in rows of the customer"

Rows = Sequence[tuple[Place, Row]]


@dataclass(slots=True)
class Fold:
    """Folds the rows of one dialogue into turns."""

    header: Header
    blank: Blank | None
    account: Account
    turns: list[Turn] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """What the user said since the last turn."""
    answered: bool = False
    """Whether they were answered by what nobody labelled: it goes when the user speaks again."""

    def rows(self, rows: Rows) -> list[Turn]:
        """A turn for each row whose actions somebody says."""
        header = self.header
        for place, row in rows:
            self._hear(_words(row, header.text))
            features = header.feature_values(row, place)
            system = _words(row, header.system)
            self._act(row, place, features, system, unclear=bool(system) or header.text_is_anyones)
        return self._ended(rows)

    def messages(self, rows: Rows) -> list[Turn]:
        """A turn for each message of the agent.

        Its features are the cells of the rows before it, from the turn before on: what its own
        cells say is known only after it.
        """
        header, known = self.header, dict[str, Feature]()
        speakers = Speakers(header.given, header.role or "")
        for place, row in rows:
            speaker, said = row.get(speakers.role), _words(row, header.text)
            match speakers.side(speaker, place):
                case "neither":
                    self.account.leave_out(f"messages of {str(speaker).strip()!r}", place)
                    continue
                case "customer":
                    self._hear(said)
                    if header.done(row, place):
                        self.account.leave_out(OF_THE_CUSTOMER, place)
                case "agent" if self._act(row, place, known, said, unclear=bool(said)):
                    known = {}
            known = known | header.feature_values(row, place)
        return self._ended(rows)

    def _act(
        self,
        row: Row,
        place: Place,
        features: Mapping[str, Feature],
        system: Sequence[str],
        unclear: bool,
    ) -> bool:
        """Make a turn of what the system does in `row`; false where nobody says what it does."""
        actions = self.header.done(row, place)
        if actions is None:
            actions = self._blank(place, bool(system), unclear)
        if actions is None:
            self.account.leave_out(UNLABELLED, place)
            self.answered = True
            return False
        user = "\n".join(self.heard) if self.heard else None
        available = self.header.allowed(row, place)
        more = self.header.words_and_calls(row, place)
        if "spans" in more:
            before = len(user or "") - len(self.heard[-1]) if self.heard else 0
            more["spans"] = tuple(
                replace(span, start=span.start + before, end=span.end + before)
                for span in more["spans"]
            )
        said = "\n".join(system) or None
        try:
            self.turns.append(Turn(user, features, available, actions, said, **more))
        except CorpusError as error:
            raise corpus_error(place, str(error)) from None
        self.heard, self.answered = [], False
        return True

    def _hear(self, said: list[str]) -> None:
        if said and self.answered:
            self.heard, self.answered = [], False
        self.heard += said

    def _blank(self, place: Place, spoken: bool, unclear: bool) -> tuple[str, ...] | None:
        """What a blank cell of actions says; raises `CorpusError` where that is `unclear`."""
        if self.blank == "skip":
            return None
        if self.blank == "respond" and spoken:
            self.account.assume(ANSWERED, place)
            return (RESPOND,)
        if self.blank is None and unclear:
            what = "the system spoke" if spoken else "a row may be a message"
            raise corpus_error(
                place,
                f"`{self.header.actions}` is blank where {what}; say what that means: --blank "
                "respond (it only answered), none (it rightly did nothing), or skip (nobody "
                "labelled it)" + ("" if spoken else "; or who speaks, --column role=COLUMN"),
            )
        return ()

    def _ended(self, rows: Rows) -> list[Turn]:
        if self.heard and not self.answered:
            self.account.leave_out(UNANSWERED, rows[-1][0])
        return self.turns


def _words(row: Row, column: str | None) -> list[str]:
    said = cells.words(row.get(column)) if column is not None else None
    return [] if said is None else [said]
