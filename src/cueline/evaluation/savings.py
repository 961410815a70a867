"""What a policy would have saved as the first tier in front of a large model.

The policy answers a turn if it is sure of the whole of it, actions and arguments, at the promised
risk, and of calls alone, as the service does; every other turn goes on to the model behind it, for
no policy writes words. When it is sure is what its own calibration says: nothing here is fitted to
the transcripts that it is measured on. What was done before a turn is what the transcript has, so
where a wrong call would have led to is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import numpy as np

from cueline.corpus.transcripts.turns import RESPOND
from cueline.dialogue import Dialogue, Turn
from cueline.errors import PolicyError
from cueline.evaluation.metrics.bootstrap import middle, resamples
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.evaluation.usage import calls, counted_usage, usage
from cueline.policy import Decision, Policy
from cueline.policy.arguments.correctness import same_call, whole_is_right
from cueline.types import Bits, Floats, Ints

RISKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""The promises looked at."""


class Price(NamedTuple):
    """What a million tokens cost, in whatever currency."""

    input: float
    output: float

    def of(self, input: float, output: float) -> float:
        """The price of tokens read and written."""
        return (self.input * input + self.output * output) / 1e6


@dataclass(frozen=True, kw_only=True)
class LocalShare:
    """How many of something the policy answers, and how often it is wrong there."""

    of: int
    """All of them."""
    answered: int
    wrong: int
    """Those of the answered ones that are."""
    share: float
    """The answered ones of all."""
    share_interval: tuple[float, float]
    """95 %, by resampling dialogues, as all intervals."""
    risk: float | None
    """The share of wrong ones among those answered; None where none is answered."""
    risk_interval: tuple[float, float] | None

    @classmethod
    def of_counts(cls, total: Floats, drawn: Floats) -> LocalShare:
        """From how many there are, are answered, are wrong. *Shapes:* (3,), (resamples, 3)."""
        of, answered, wrong = total.tolist()
        share = answered / max(of, 1)
        risk = wrong / answered if answered else None
        some = drawn[drawn[:, 1] > 0]
        return cls(
            of=int(of),
            answered=int(answered),
            wrong=int(wrong),
            share=share,
            share_interval=middle(drawn[:, 1] / np.maximum(drawn[:, 0], 1), share),
            risk=risk,
            risk_interval=None if risk is None else middle(some[:, 2] / some[:, 1], risk),
        )


@dataclass(frozen=True, kw_only=True)
class SavedAtRisk:
    """What the policy saves at one promised risk."""

    promised: float
    """At most this share of sure decisions is wrong, as the policy's calibration has it."""
    sure: LocalShare
    """Turns at which the policy is sure, of words among them: what is promised of."""
    turns: LocalShare
    """Those of them that it answers."""
    calls: LocalShare
    """Calls that the policy makes, of those that it and the model behind it make together. One that
    the transcript has not at its turn is wrong."""
    dialogues: LocalShare
    """Those in which every turn is answered; wrong are those with a wrong turn."""
    input_tokens: int
    """That the model behind need not read."""
    output_tokens: int
    """That it need not write."""
    money: float | None
    """What they cost; None without a price."""
    seconds: float | None
    """That it took for these turns; None where no transcript says."""


@dataclass(frozen=True, kw_only=True)
class Savings:
    """What a policy would have saved on some transcripts, for each promised risk."""

    policy: str
    """Its hash."""
    dialogues: int
    turns: int
    without_calls: int
    """Turns at which the transcripts make no call, which are for the model behind."""
    calls: int
    input_tokens: int
    """That a model reads for all turns together."""
    output_tokens: int
    counted: int
    """Turns whose tokens stand in the transcripts; others are estimated from their text."""
    timed: int
    """Turns whose seconds stand there."""
    money: float | None
    seconds: float | None
    risks: tuple[SavedAtRisk, ...]
    """The least risk first."""

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's own types."""
        return dict(msgspec.to_builtins(self))


def savings(
    policy: Policy, dialogues: Sequence[Dialogue], price: tuple[float, float] | None = None
) -> Savings:
    """What `policy` would have saved on `dialogues`, at least one.

    `price` is that of a million tokens read and of a million written. Raises `PolicyError` for a
    policy that labels whole dialogues, and `CorpusError` for a malformed `usage` in their `meta`.
    """
    if policy.settings.network.answer != "turn":
        raise PolicyError(
            "the policy labels whole dialogues, so there are no turns that it could answer; "
            "give one that decides at each turn"
        )
    counted = [one for dialogue in dialogues for one in counted_usage(dialogue)]
    turns = _Turns.of(ScoredCorpus.of(policy, dialogues))
    cost = None if price is None else Price(*price)
    input, output = float(turns.input.sum()), float(turns.output.sum())
    return Savings(
        policy=policy.hash,
        dialogues=len(dialogues),
        turns=len(turns.input),
        without_calls=int((turns.calls == 0).sum()),
        calls=int(turns.calls.sum()),
        input_tokens=int(input),
        output_tokens=int(output),
        counted=sum(one is not None and None not in (one.input, one.output) for one in counted),
        timed=sum(one is not None and one.seconds is not None for one in counted),
        money=None if cost is None else cost.of(input, output),
        seconds=None if turns.seconds is None else float(turns.seconds.sum()),
        risks=tuple(_at_risks(turns, cost)),
    )


@dataclass(frozen=True)
class _Turns:
    """What each of `N` turns comes to. *Shapes:* (N,), unless they are said to be others."""

    starts: Ints
    """The first turn of each dialogue. *Shape:* (D,)."""
    least_risk: Floats
    """The smallest risk at which the policy is sure; infinite where it never is."""
    callable: Bits
    """Whether the decision is calls alone."""
    wrong: Floats
    """1 where the policy is wrong, in actions or arguments."""
    calls: Floats
    """Calls in the transcript."""
    made: Floats
    """Calls that the policy makes."""
    wrong_calls: Floats
    """Those of them that the transcript has not."""
    input: Floats
    output: Floats
    seconds: Floats | None
    """None where no transcript says."""

    @classmethod
    def of(cls, scored: ScoredCorpus) -> _Turns:
        """Those of `scored`."""
        decided = scored.decisions or [scored.policy.decide(one) for one in scored.dialogues]
        decisions = [decision for some in decided for decision in some]
        turns = [turn for dialogue in scored.dialogues for turn in dialogue.turns]
        pairs = list(zip(turns, decisions, strict=True))
        took = [one for dialogue in scored.dialogues for one in usage(dialogue)]
        made = _numbers(len(_made(decision)) for decision in decisions)
        words = np.array([RESPOND in decision.actions for decision in decisions])
        timed = any(one.seconds is not None for one in took)
        return cls(
            starts=scored.answers.starts[:-1],
            least_risk=scored.least_risk,
            callable=~words & (made > 0),
            wrong=_numbers(not whole_is_right(decision, turn) for turn, decision in pairs),
            calls=_numbers(len(list(calls(turn))) for turn in turns),
            made=made,
            wrong_calls=_numbers(_wrong_calls(turn, decision) for turn, decision in pairs),
            input=_numbers(one.input or 0 for one in took),
            output=_numbers(one.output or 0 for one in took),
            seconds=_numbers(one.seconds or 0 for one in took) if timed else None,
        )

    def counted(self, risk: float) -> Floats:
        """How many there are, are answered and are wrong, in each dialogue.

        Of turns, once those that are sure and once those that are answered, of calls and of
        dialogues. *Shape:* (D, 4, 3).
        """
        sure, there = self.least_risk <= risk, np.ones(len(self.wrong))
        local = sure & self.callable
        calls = np.where(local, self.made, self.calls), self.made * local, self.wrong_calls * local
        rows = [(there, some, self.wrong * some) for some in (sure, local)]
        by_turn = np.array([*rows, calls], float)
        sums = np.add.reduceat(by_turn, self.starts, axis=2)
        of, answered, wrong = sums[1]
        whole = of == answered
        dialogues = np.array([[np.ones(len(of)), whole, whole & (wrong > 0)]], float)
        return np.moveaxis(np.concatenate([sums, dialogues]), 2, 0)


def _at_risks(turns: _Turns, price: Price | None) -> Iterator[SavedAtRisk]:
    rows = np.stack([turns.counted(risk) for risk in RISKS], axis=1)
    flat = rows.reshape(len(rows), -1)
    drawn = np.concatenate([weights @ flat for weights in resamples(len(rows))])
    drawn = drawn.reshape(-1, *rows.shape[1:])
    for number, risk in enumerate(RISKS):
        answered = (turns.least_risk <= risk) & turns.callable
        sure, local, calls, whole = (
            LocalShare.of_counts(rows[:, number, kind].sum(axis=0), drawn[:, number, kind])
            for kind in range(rows.shape[2])
        )
        input = float(turns.input[answered].sum())
        output = float(turns.output[answered].sum())
        yield SavedAtRisk(
            promised=risk,
            sure=sure,
            turns=local,
            calls=calls,
            dialogues=whole,
            input_tokens=int(input),
            output_tokens=int(output),
            money=None if price is None else price.of(input, output),
            seconds=None if turns.seconds is None else float(turns.seconds[answered].sum()),
        )


def _made(decision: Decision) -> list[tuple[str, Mapping[str, Any]]]:
    """The calls that a decision makes."""
    return list(calls(Turn(None, actions=decision.actions, arguments=decision.arguments)))


def _wrong_calls(turn: Turn, decision: Decision) -> int:
    """How many calls of a decision the transcript has not."""
    left, wrong = list(calls(turn)), 0
    for action, arguments in _made(decision):
        same = [one for one in left if one[0] == action and same_call(arguments, one[1])]
        if same:
            left.remove(same[0])
        else:
            wrong += 1
    return wrong


def _numbers(values: Iterable[float]) -> Floats:
    return np.fromiter(values, float)
