"""Spans that no tagger of words can learn: of nothing, within a word, or over one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding, Level, turn_name
from cueline.dialogue import Dialogue, Turn
from cueline.tokenizer import tokens


class Spans:
    """The spans that are blank, cut a word, or overlap."""

    def __init__(self) -> None:
        self.spans = 0
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = defaultdict(list)

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at the spans of each turn."""
        for number, turn in enumerate(dialogue.turns):
            if not turn.spans:
                continue
            self.spans += len(turn.spans)
            for kind, words in _faults(turn):
                self.counts[kind] += 1
                if len(self.examples[kind]) < MAX_EXAMPLES:
                    self.examples[kind].append(f"{turn_name(dialogue, number)}: {words!r}")

    def findings(self) -> Iterator[Finding]:
        """What was found, by kind."""
        for kind, (level, message) in _MESSAGES.items():
            if count := self.counts[kind]:
                said = message.format(count, self.spans)
                yield Finding(level, kind, said, count, self.examples[kind])


def _faults(turn: Turn) -> Iterator[tuple[str, str]]:
    """The kinds of faults of a turn's spans, each with the words of the span."""
    text = turn.user or ""
    inner = {at for word in tokens(text, len(text)) for at in range(word.start + 1, word.end)}
    last = 0
    for span in sorted(turn.spans, key=lambda span: (span.start, span.end)):
        words = text[span.start : span.end]
        if not words.strip():
            yield "blank-span", words
        if span.start in inner or span.end in inner:
            yield "cut-word", words
        if span.start < last:
            yield "overlapping-spans", words
        last = max(last, span.end)


_MESSAGES: dict[str, tuple[Level, str]] = {
    "blank-span": ("warning", "{} of {} spans have no word in them; are their offsets characters?"),
    "cut-word": (
        "warning",
        "{} of {} spans begin or end within a word; are their offsets characters, end excluded?",
    ),
    "overlapping-spans": (
        "warning",
        "{} of {} spans overlap one before; a word gets the label of one of them",
    ),
}
