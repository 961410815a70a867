"""From events back to states: what a policy would be carrying now, had it been there all along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from cueline.policy import Decision, Policy, State
from cueline.server.events import Event, Opened, Stepped


def turns(events: Iterable[Event]) -> list[Stepped]:
    """The turns among `events`."""
    return [event for event in events if isinstance(event, Stepped)]


def pinned(events: Iterable[Event]) -> str:
    """The hash of the policy that decided last, or that the dialogue was opened with."""
    policy = ""
    for event in events:
        if isinstance(event, Opened | Stepped):
            policy = event.policy
    return policy


def retrace(policy: Policy, stepped: Sequence[Stepped]) -> Iterator[tuple[Decision, State]]:
    """What `policy` decides at each turn, and its state after it.

    The previous actions are those really done, whoever decided them; so for the policy that did
    decide, decisions and states are the very ones that were.
    """
    state = policy.start()
    for event in stepped:
        yield (step := follow(policy, state, event))
        state = step[1]


def follow(policy: Policy, state: State, event: Stepped) -> tuple[Decision, State]:
    """One turn that was decided already, as `policy` sees it.

    Of vectors that another policy took, it sees those that are as long as its own.
    """
    said = replace(event.said, features=policy.featurizer.context.fitting(event.said.features))
    if event.done is not None:
        done = event.done
        turn = replace(said, actions=done.actions, arguments=done.arguments, system=done.system)
        return policy.act(turn, state)
    if event.took is not None:
        state = policy.took(state, known(policy, event.took))
    actions = event.decision.actions if per_turn(policy) else None
    calls = event.decision.arguments if actions is not None else {}
    return policy.act(replace(said, actions=actions, arguments=calls), state)


def known(policy: Policy, names: Iterable[str]) -> list[str]:
    """The actions among `names` that `policy` knows: a person, or another policy, may do others."""
    return [name for name in names if name in policy.actions]


def state_after(policy: Policy, stepped: Sequence[Stepped]) -> State:
    """The state of `policy` after the turns."""
    state = policy.start()
    for _, state in retrace(policy, stepped):  # noqa: B007  (the last one is wanted)
        pass
    return state


def per_turn(policy: Policy) -> bool:
    """Whether what it decides are actions, done at each turn, not labels of a dialogue."""
    return policy.settings.network.answer == "turn"
