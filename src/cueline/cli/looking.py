"""Commands that show: what a decision rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cueline.cli.decision_text import calls, heard
from cueline.cli.reading import DEFAULT, CorpusPath, Reading
from cueline.corpus.options import ReadingOptions
from cueline.errors import CorpusError

if TYPE_CHECKING:
    from cueline.dialogue import Dialogue, Turn
    from cueline.policy import Decision
    from cueline.policy.explain import Explanation, Influence

MIN_CHANGE = 0.02
"""Changes of probability below this are not worth a line."""
MAX_INFLUENCES = 3


def explain(
    policy: Path, corpus: CorpusPath, *, dialogue: str | None = None, reading: Reading = DEFAULT
) -> None:
    """Show which earlier turns each decision of a dialogue rests on.

    Each earlier turn is left out once: `turn 2 +0.61` says that the decision is 0.61 likelier with
    turn 2 than without it. What was heard is there too, and calls with where their arguments were
    copied from; `=?` is one that is missing. Beside wrong ones stand those of the corpus.

    Parameters
    ----------
    policy
        The policy's folder.
    corpus
        A file or folder of dialogues.
    dialogue
        The dialogue's id; the first one if none is given.
    """
    from cueline.policy import Policy

    loaded = Policy.load(policy)
    options = reading.options().preferring(loaded.reading)
    for explanation in loaded.explain(find(corpus, dialogue, options)):
        print(_influence_text(explanation))


def find(corpus: Path, dialogue: str | None, options: ReadingOptions) -> Dialogue:
    """The dialogue of that id, or the first."""
    from cueline.corpus import read

    for candidate in read(corpus, options):
        if dialogue is None or candidate.id == dialogue:
            return candidate
    raise CorpusError(f"{corpus}: no dialogue with the id {dialogue!r}; give one that is in it")


def _influence_text(explanation: Explanation) -> str:
    turn, decision = explanation.turn, explanation.decision
    user = "(the user is silent)" if turn.user is None else turn.user
    lines = [f"{explanation.number:>3}  {user[:200]}"]
    mark = ""
    if turn.actions is not None and set(turn.actions) != set(decision.actions):
        mark = f"   (the corpus: {_names(turn.actions)})"
    lines.append(f"     -> {_names(decision.actions)}  {decision.confidence:.2f}{mark}")
    lines += [f"        {line}" for line in _words(turn, decision)]
    matter = [one for one in explanation.influences if abs(one.change) >= MIN_CHANGE]
    lines += [f"        {_influence(one, decision.actions)}" for one in matter[:MAX_INFLUENCES]]
    return "\n".join(lines)


def _words(turn: Turn, decision: Decision) -> list[str]:
    """What was heard, and the calls; those of the corpus too where they are others."""
    from cueline.policy.arguments.correctness import same_calls

    lines = heard(decision, turn.user or "") + calls(decision)
    for action, right in turn.arguments.items():
        if not same_calls(decision.arguments.get(action, ()), right):
            written = [", ".join(f"{name}={call[name]!r}" for name in call) for call in right]
            lines.append(f"(the corpus: {'; '.join(f'{action}({one})' for one in written)})")
    return lines


def _influence(influence: Influence, decided: tuple[str, ...]) -> str:
    else_ = "" if influence.without == decided else f"  without it: {_names(influence.without)}"
    return f"turn {influence.turn} {influence.change:+.2f}{else_}"


def _names(actions: tuple[str, ...]) -> str:
    return " + ".join(actions) or "(nothing)"
