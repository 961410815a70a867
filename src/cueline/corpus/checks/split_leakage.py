"""Dialogues that stand in one corpus and, the same or nearly so, in another.

Near duplicates are found by MinHash (Broder, 1997) over runs of three words, in bands, so that the
time grows with the corpus and not with its square.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from zlib import crc32

import numpy as np
import numpy.typing as npt

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding
from cueline.dialogue import Dialogue
from cueline.tokenizer import all_words

ALIKE = 0.8
"""Share of common runs of words (Jaccard) from which dialogues are nearly the same."""
MIN_TURNS = 3
"""Shorter dialogues are alike by chance."""
_HASHES, _BANDS = 64, 16
_PRIME = (1 << 31) - 1
_Signature = npt.NDArray[np.int64]


class SplitLeakage:
    """Signatures of the dialogues of all corpora so far."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self._factors = random.integers(1, _PRIME, (_HASHES, 1))
        self._offsets = random.integers(0, _PRIME, (_HASHES, 1))
        self._whole: dict[bytes, tuple[int, str]] = {}
        self._bands: dict[tuple[int, bytes], tuple[int, str, _Signature]] = {}
        self.same: list[str] = []
        self.alike: list[str] = []
        self.sizes: Counter[int] = Counter()

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look for a dialogue like it in the corpora before."""
        if len(dialogue.turns) < MIN_TURNS:
            return
        self.sizes[corpus] += 1
        said = [all_words(turn.user or "") for turn in dialogue.turns]
        done = [sorted(turn.actions or ()) for turn in dialogue.turns]
        whole = blake2b(repr((said, done)).encode(), digest_size=12).digest()
        where = self._whole.setdefault(whole, (corpus, dialogue.id))
        if where[0] != corpus:
            self.same.append(f"{dialogue.id} = {where[1]}")
            return
        signature = self._signature([word for words in said for word in words])
        if signature is not None and (like := self._like(corpus, dialogue, signature)):
            self.alike.append(f"{dialogue.id} ~ {like}")

    def _signature(self, words: list[str]) -> _Signature | None:
        runs = {crc32(" ".join(words[at : at + 3]).encode()) for at in range(len(words) - 2)}
        if not runs:
            return None
        hashes = np.fromiter(runs, np.int64, len(runs)) % _PRIME
        lowest: _Signature = ((self._factors * hashes + self._offsets) % _PRIME).min(axis=1)
        return lowest

    def _like(self, corpus: int, dialogue: Dialogue, signature: _Signature) -> str | None:
        """The id of a dialogue like it in another corpus."""
        found = None
        for band, part in enumerate(signature.reshape(_BANDS, -1)):
            key = band, part.tobytes()
            where, name, other = self._bands.setdefault(key, (corpus, dialogue.id, signature))
            if where != corpus and float(np.mean(other == signature)) >= ALIKE:
                found = name
        return found

    def findings(self) -> Iterator[Finding]:
        """Identical dialogues, then similar ones."""
        if same := self.same:
            message = f"{len(same)} dialogues stand in an earlier corpus too, the same"
            yield Finding("error", "leak", message, len(same), same[:MAX_EXAMPLES])
        if alike := self.alike:
            message = f"{len(alike)} dialogues stand in an earlier corpus too, nearly the same"
            yield Finding("warning", "near-leak", message, len(alike), alike[:MAX_EXAMPLES])
