"""The policy: `act(turn, state) -> decision, state`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.corpus.options import ReadingOptions
from cueline.dataset import Dataset
from cueline.dataset.dataset import build
from cueline.dataset.padded_arrays import TrainingArrays, padded_arrays
from cueline.dataset.targets import targets
from cueline.dialogue import Arguments, Dialogue, Turn
from cueline.errors import CorpusError, Place, PolicyError
from cueline.features import Featurizer
from cueline.features.novelty import mostly_new, newness
from cueline.io import convert
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.decisions.decision import Decision, Decisions
from cueline.policy.decisions.decision_model import DEFAULT_COVERAGE, DEFAULT_RISK, DecisionModel
from cueline.policy.explain import Explanations, explain
from cueline.policy.listener import Listener
from cueline.policy.network import NumpyNetwork
from cueline.policy.rnn_cells import Carry
from cueline.policy.serialization import Stored, read_folder, write_folder
from cueline.policy.state import State
from cueline.policy.tagging import Tagger
from cueline.rules import Precondition, Preconditions
from cueline.settings import Settings
from cueline.types import Array, Bits, Floats

NOT_AVAILABLE = "not available at this turn"
UNSURE = ("ambiguous", "unsure")
"""At an unfamiliar turn, these reasons become `unfamiliar`."""


class Policy:
    """What the system does next, learned from a corpus; immutable, and safe to share by threads."""

    def __init__(
        self,
        settings: Settings,
        actions: ActionSpace,
        featurizer: Featurizer,
        decision_model: DecisionModel,
        weights: Mapping[str, Array],
        training: Mapping[str, Any] | None = None,
        baselines: Mapping[str, npt.NDArray[Any]] | None = None,
        preconditions: Sequence[Precondition] = (),
        replay_buffer: Mapping[str, npt.NDArray[Any]] | None = None,
        arguments: ArgumentModel | None = None,
        tagger: Tagger | None = None,
    ) -> None:
        self.settings = settings
        self.actions = actions
        """What a decision is made of: `A` actions (or labels, for answers per dialogue)."""
        self.featurizer = featurizer
        self.decision_model = decision_model
        self.weights = weights
        self.training = dict(training or {})
        """How it was trained, and on what."""
        self.baselines = dict(baselines or {})
        """The baselines that an evaluation compares with, fitted on the same dialogues."""
        self.preconditions = Preconditions(preconditions, actions)
        """When an action may be done at all."""
        self.replay_buffer = dict(replay_buffer or {})
        """What further training starts from, as `cueline.policy.replay_buffer` packs it."""
        self.argument_model = arguments
        """What its actions are called with; None where training showed no calls."""
        self.listener = Listener(tagger)
        """What hears what the user names."""
        self._network = NumpyNetwork(settings.network, weights)

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """A policy from its folder. Raises `PolicyError` where it is damaged or too new."""
        stored, weights = read_folder(Path(path))
        return cls(
            stored.settings,
            ActionSpace(stored.actions),
            stored.featurizer,
            stored.decision_model,
            weights,
            stored.training,
            stored.baselines,
            stored.preconditions,
            stored.replay_buffer,
            stored.arguments,
            stored.tagger,
        )

    def save(self, path: str | Path) -> None:
        """Write the policy's folder; it appears, or replaces an older one, only when complete."""
        write_folder(Path(path), self._stored, self.weights)

    def at(self, *, risk: float | None = None, coverage: float | None = None) -> Policy:
        """The same policy, sure and naming candidates for another `risk` and `coverage`.

        Nothing is trained and no weights are copied; an argument left out stays as it is. Raises
        `SettingsError` for a number that is no share.
        """
        other = copy(self)
        other.decision_model = self.decision_model.at(risk, coverage)
        return other

    @property
    def reading(self) -> ReadingOptions:
        """How the corpus that it learned from was read, so that others are read alike."""
        return msgspec.convert(self.training.get("reading", {}), ReadingOptions)

    @cached_property
    def hash(self) -> str:
        """A name for exactly this policy, from every byte that it is saved as.

        The chosen risk and coverage are no part of it; each decision has its own.
        """
        stored = self._stored
        stored.decision_model = stored.decision_model.at(DEFAULT_RISK, DEFAULT_COVERAGE)
        return stored.digest(self.weights)

    @property
    def _stored(self) -> Stored:
        return Stored(
            settings=self.settings,
            actions=list(self.actions.names),
            featurizer=self.featurizer,
            decision_model=self.decision_model,
            training=self.training,
            baselines=self.baselines,
            preconditions=list(self.preconditions.all),
            replay_buffer=self.replay_buffer,
            arguments=self.argument_model,
            tagger=self.listener.tagger,
        )

    def with_words(self, tagger: Tagger | None, arguments: ArgumentModel | None) -> Policy:
        """The same policy, which hears with `tagger` and calls actions as `arguments` has it."""
        other = copy(self)
        other.listener, other.argument_model = Listener(tagger), arguments
        other.__dict__.pop("hash", None)
        return other

    def start(self) -> State:
        """The state before the first turn of a dialogue."""
        return State(self._network.start())

    def __repr__(self) -> str:
        network = self.settings.network
        memory = network.memory if network.memory == "none" else f"{network.memory} {network.units}"
        return f"<Policy {self.hash[:12]}: {len(self.actions)} actions, memory {memory}>"

    def act(self, turn: Turn | str | Mapping[str, Any], state: State) -> tuple[Decision, State]:
        """What to do at `turn`, and the next state.

        A string is a turn in which the user says that and no more is known; a dict is a turn of the
        corpus format, and `CorpusError` is raised where it is none. `turn.actions`, where given,
        are what the system really does there, whatever was decided: they, not the decision, are the
        next turn's previous actions.
        """
        if not isinstance(turn, Turn):
            turn = _as_turn(turn)
        said, heard = turn, None
        if self._listens:
            heard = self.listener.hear(turn, state.memory, self._previous(state))
            turn = self.listener.with_slots(turn, heard)
        vector = self.featurizer.turn(turn, state.previous)
        logits, carry = self._network.step(vector, state.carry)
        before = state.done_before
        new = newness(self.featurizer, vector)
        masked = self._masked(turn, before)
        decision = self.decision_model.decide(logits, self.actions, masked, new)
        if decision.reason in UNSURE and mostly_new(self.featurizer, turn, vector):
            decision = replace(decision, reason="unfamiliar")
        if decision.reason != "nothing_allowed" and self.offers_new(turn):
            decision = replace(decision, sure=False, reason="new_action")
        done = decision.actions if turn.actions is None and self._per_turn else turn.actions or ()
        memory = state.memory
        if heard is not None:
            decision = replace(decision, spans=heard.spans)
            if self.argument_model is not None:
                decision = self.argument_model.complete(decision, heard)
            calls = decision.arguments if said.actions is None else said.arguments
            memory = heard.memory.after_acting(calls, said.system)
        return decision, State(carry, self._ids(done), before, state.turn + 1, memory)

    def _previous(self, state: State) -> list[str]:
        names = self.featurizer.actions
        return [names[number] for number in state.previous]

    def step(
        self, turns: Sequence[Turn], states: Sequence[State]
    ) -> tuple[Array, Bits, Floats, list[State]]:
        """Logits, allowed actions and newness at one turn each of `B` dialogues, as in `act`.

        In the next states nothing was done; `took` says what was.
        *Shapes:* (B, A), (B, A), (B, 2).
        """
        memories = [state.memory for state in states]
        if self._listens:
            heard = [
                self.listener.hear(turn, state.memory, self._previous(state))
                for turn, state in zip(turns, states, strict=True)
            ]
            memories = [
                one.memory.after_acting({}, turn.system)
                for turn, one in zip(turns, heard, strict=True)
            ]
            turns = [*map(self.listener.with_slots, turns, heard)]
        pairs = list(zip(turns, states, strict=True))
        vectors = [self.featurizer.turn(turn, state.previous) for turn, state in pairs]
        carries = zip(*(state.carry for state in states), strict=True)
        logits, carry = self._network.steps(vectors, Carry(*map(np.concatenate, carries)))
        befores = [state.done_before for state in states]
        masked = map(self._masked, turns, befores)
        allowed = np.array([~self.actions.bits(names) for names in masked])
        rows = zip(carry.hidden[:, None], carry.cell[:, None], strict=True)
        after = [
            State(Carry(*row), (), before, state.turn + 1, memory)
            for state, before, row, memory in zip(states, befores, rows, memories, strict=True)
        ]
        new = np.array([newness(self.featurizer, vector) for vector in vectors])
        return logits, allowed, new, after

    def decide(self, dialogue: Dialogue) -> Decisions:
        """The decision at every turn of `dialogue`, whose actions are the previous ones.

        Where a turn has none yet, its decision is done.
        """
        state, decisions = self.start(), Decisions(dialogue, [])
        for turn in dialogue.turns:
            decision, state = self.act(turn, state)
            decisions.append(decision)
        return decisions

    def offers_new(self, turn: Turn) -> bool:
        """Whether an action is available that training never saw, though it said what was.

        That action may be the right one, and no probability is its own: no decision is sure there.
        """
        said = self._per_turn and self.featurizer.offers and turn.available is not None
        return said and any(name not in self.actions for name in turn.available or ())

    def explain(self, dialogue: Dialogue) -> Explanations:
        """Every decision of `dialogue`, with the earlier turns by how much they matter to it."""
        return explain(self, dialogue)

    def took(
        self, state: State, actions: Iterable[str], arguments: Arguments | None = None
    ) -> State:
        """The state where the system did `actions` at the last turn instead of what was decided.

        `arguments` are what they were called with; left out, what was decided stands where an
        action does. Raises `CorpusError` for an action that the policy does not know.
        """
        if isinstance(actions, str):
            raise CorpusError(f"actions are a list of names, not the string {actions!r}")
        actions = tuple(actions)
        unknown = next((name for name in actions if name not in self.actions), None)
        if unknown is not None:
            names = ", ".join(
                get_close_matches(unknown, self.actions.names) or self.actions.names[:8]
            )
            raise CorpusError(f"the policy has no action {unknown!r}; it has {names}")
        if state.turn == 0:
            raise PolicyError("the dialogue has no turn yet; act first, then say what was done")
        memory = state.memory
        if self._listens:
            calls = memory.last_calls if arguments is None else arguments
            made = {action: some for action, some in calls.items() if action in actions}
            memory = memory.after_acting(made, memory.last_system)
        return replace(state, previous=self._ids(actions), memory=memory)

    def dataset(self, dialogues: Iterable[Dialogue]) -> Dataset:
        """`dialogues` as arrays, with the right answers beside them."""
        answers, rules = targets(self.settings.network), self.preconditions.all
        dialogues = map(self.listener.listened, dialogues)
        return build(dialogues, self.featurizer, self.actions, answers, rules, value_masked=False)

    def logits(self, dataset: Dataset) -> Array:
        """Logits at every turn, the previous actions as the corpus has them. *Shape:* (N, A).

        For answers per dialogue, at the last turn of each. *Shape:* (D, A).
        """
        logits = self._network.score(dataset)
        return logits if self._per_turn else logits[dataset.dialogues[1:] - 1]

    def arrays(self, dialogues: Iterable[Dialogue]) -> TrainingArrays:
        """Inputs, right bits and weights of `dialogues`, padded: `model.fit(**policy.arrays(d))`.

        NumPy arrays by name, for `keras_model` and for ONNX. Actions outside the policy's space
        have no bit; a warning counts the turns that have any.
        """
        dataset = self.dataset(dialogues)
        if unknown := int(dataset.out_of_space.sum()):
            warnings.warn(
                f"{unknown} of {len(dataset.targets)} targets have an action that the policy does "
                "not know, for which `y` has no bit",
                stacklevel=2,
            )
        network = self.settings.network
        return padded_arrays(dataset, network, len(self.actions), self.featurizer.width)

    def keras_model(self, step: bool = False) -> Any:
        """The same network as a `keras.Model` of Keras's own layers, to train on or take away.

        It maps a dict of `arrays(dialogues)["x"]` to probabilities (B, T, A). With `step` it maps
        one turn of it, `x[:, t]` (but `last`), with `h` and `c` (B, H) to the list probabilities
        (B, A), h, c; zeros begin a dialogue. A GRU has no `c`; memory `none` has
        neither, and gives the probabilities alone.

        Needs the extra `train` or `torch`. Raises `TrainingError` where Keras is not installed.
        """
        from cueline.export.keras import keras_model

        return keras_model(self, step)

    def with_weights(self, model: Any, dialogues: Iterable[Dialogue] | None = None) -> Policy:
        """The policy with the weights of `model`, which `keras_model` made and you trained.

        Its calibration is fitted again, to `dialogues` that the weights never learned from, or to
        the held-out ones that the policy keeps. Raises `PolicyError` where the model does not fit
        the policy, and where there are no such dialogues.
        """
        from cueline.export.keras import with_weights

        return with_weights(self, model, dialogues)

    @property
    def tagger(self) -> Tagger | None:
        """What finds the words that name something; None where training showed none."""
        return self.listener.tagger

    @property
    def _listens(self) -> bool:
        """Whether anything is made of what is heard."""
        return self.tagger is not None or self.argument_model is not None

    @property
    def _per_turn(self) -> bool:
        return self.settings.network.answer == "turn"

    def _ids(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.featurizer.action_space.ids(names))

    def _masked(self, turn: Turn, done: tuple[int, ...]) -> dict[str, str]:
        """The actions that are not allowed at `turn`, where `done` were done before it, and why."""
        if not self._per_turn:
            return {}
        broken = self.preconditions.broken(turn.features, done)
        if turn.available is None:
            return broken
        available = set(turn.available)
        absent = {name: NOT_AVAILABLE for name in self.actions.names if name not in available}
        return broken | absent


def _as_turn(turn: str | Mapping[str, Any]) -> Turn:
    return Turn(turn) if isinstance(turn, str) else convert(dict(turn), Turn, Place("turn"))
