"""Everything that can be set about a policy, in one place: `cueline train --config FILE` (TOML).

The defaults are meant to be good everywhere; `docs/settings.md` says what each is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from cueline.errors import Place, SettingsError
from cueline.io import convert, decode, read

Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Positive = Annotated[float, Meta(gt=0)]


class FeatureSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a turn becomes numbers."""

    max_words: Count = 100
    """Words of a user turn that are read; the rest of a longer one is not."""
    min_count: Count = 2
    """Words and word pairs seen less often in training are one and the same unknown word."""
    pairs: bool = True
    """Whether neighbouring words also count as one ("not good" is not "good")."""
    max_vocabulary: Count = 30_000
    """Words and pairs kept, the most frequent first."""
    max_values: Count = 200
    """Values of a category kept, the most frequent first; the others count as unseen."""
    vectors: str | None = None
    """Word vectors to begin from: GloVe or word2vec text, or `.npz` with `words` and `vectors`."""
    entities: str | None = None
    """A JSON file `{"city": ["Paris", ...]}`: values a user may type, alike in kind."""


class NetworkSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of the network."""

    embedding: Count = 100
    """Length of a word embedding; word vectors from a file bring their own."""
    encoder: Literal["bag", "lstm"] = "bag"
    """What becomes of the words of a turn: their sum by the root of their number, or an LSTM's last
    output."""
    encoder_units: Count = 128
    """Units of the word LSTM."""
    turn_units: Count = 128
    """Length of the vector that words and context of a turn become, which the memory reads."""
    memory: Literal["lstm", "gru", "none"] = "lstm"
    """What carries over from turn to turn; `none` leaves the turns in silos."""
    units: Count = 128
    """Length of the memory's state."""
    answer: Literal["turn", "dialogue"] = "turn"
    """Many-to-many (actions at every turn) or many-to-one (labels for a whole dialogue)."""
    label: str | None = None
    """For `answer = "dialogue"`: the `meta` key that holds the label, or list of labels."""
    decisions: Literal["auto", "single", "multi"] = "auto"
    """Exactly one action (softmax), any set of actions (sigmoid bits), or as the corpus has it."""
    dropout: Share = 0.4
    """Share of what the words say, and of the memory's output, dropped in training."""
    context_dropout: Share = 0.1
    """Share of the context dropped in training: features and previous actions are few and clear."""
    word_dropout: Share = 0.3
    """Share of the words of a turn that are not heard in training."""


class DecisionSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a decision is made for, where a turn may have several actions."""

    prefer: Literal["exact", "f1"] = "exact"
    """Right as a whole as often as may be; or each action that is likely enough by itself, for
    more right actions and fewer right sets."""


class TrainingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the network is trained."""

    epochs: Count = 200
    """Passes over the corpus at the most."""
    patience: Count = 6
    """Epochs without a better score on the held-out dialogues before training stops."""
    batch: Count | None = None
    """Dialogues a step; left out, more of them the larger the corpus: an epoch of some 125 steps,
    of 16 to 128 dialogues each."""
    learning_rate: Positive = 0.002
    clip: Positive = 1.0
    """The gradient's norm at the most."""
    average: Share = 0.99
    """Weights are averaged over about 1 / (1 - this) steps; 0 takes them as they are."""
    balance: Share = 0.0
    """Weight of rare actions: 0 as they come, towards 1 all actions alike."""
    hide_values: Share = 0.4
    """Share of dialogues shown with their feature values unseen, so that unseen ones work."""
    held_out: Share = 0.1
    """Share of the dialogues held out to stop by, where no validation corpus is given; 2,000 of
    them at the most, since more would tell nothing more."""
    group: str | None = None
    """A `meta` key whose dialogues are never parted when some are held out."""
    rehearsal: Annotated[int, Meta(ge=0)] = 500
    """Dialogues kept in the policy, as numbers, to rehearse when it is trained further; 0: none."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, by room."""

    seed: int = 0
    rules: str | None = None
    """A file of preconditions: when an action may be done at all (`docs/preconditions.md`)."""
    actions: str | None = None
    """A file of JSON schemas: what actions are called with (`docs/arguments.md`)."""
    features: FeatureSettings = FeatureSettings()
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    decisions: DecisionSettings = DecisionSettings()

    @classmethod
    def read(cls, path: Path, base: Settings | None = None) -> Settings:
        """Settings from a TOML file; what it leaves out is as in `base`, or by default.

        Raises `SettingsError` with the place.
        """

        given = read(path, dict[str, Any], SettingsError, "toml")
        whole = _over(given, msgspec.to_builtins(base or cls()))
        return convert(whole, cls, Place(path, path="$"), SettingsError)


def changed(settings: Settings, changes: Sequence[str], option: str = "--set") -> Settings:
    """`settings` with each of `changes`, such as `training.epochs=5`, in its place.

    Raises `SettingsError` that names the change, and the `option` by which it was given.
    """
    for change in changes:
        key, equals, value = change.partition("=")
        place = Place(f"{option} {change}")
        if not (equals and key.strip() and value.strip()):
            raise SettingsError(f"{place} expected NAME=VALUE, training.epochs=5 say")
        try:
            given = msgspec.toml.decode(f"{key} = {value}")
        except msgspec.DecodeError:  # a word needs no quotes here
            given = decode(
                f"{key} = {value!r}".encode(), dict[str, Any], place, SettingsError, "toml"
            )
        whole = _over(given, msgspec.to_builtins(settings))
        settings = convert(whole, Settings, Place(place.file, path="$"), SettingsError)
    return settings


def _over(given: Any, base: Any) -> Any:
    """`base` with what is `given` in its place, table by table."""
    if not isinstance(given, dict) or not isinstance(base, dict):
        return given
    return {**base, **{key: _over(value, base.get(key)) for key, value in given.items()}}
