"""Learning with 200, 1,000 and 5,000 actions: turns a second, processor seconds, memory, `act`.

Dialogues are made up: what the user says names the actions of a set, or the user is silent and the
set follows from the one before. Each size is a process of its own, on one core. Other work on the
machine shows less in processor seconds than in turns a second.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.rounds import Figures
from benchmarks.speed.teaching import epoch_rates

from cueline.dialogue import Dialogue, Turn

SIZES = ((200, 800), (1_000, 4_000), (5_000, 20_000))
"""Actions, and sets of them."""
DIALOGUES, TURNS = 4_000, 10
EPOCHS = 4
_TIMED = 100
"""Dialogues that are acted on."""


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """Each size after the other; `corpora` and `work` are not needed."""
    given = {"dialogues": sample or DIALOGUES, "epochs": epochs or EPOCHS}
    ask, torch = rounds.ask, {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"}
    figures = {
        f"{actions:,} actions, {sets:,} sets": ask(
            "speed.many_actions", torch, actions=actions, sets=sets, **given
        )
        for actions, sets in SIZES
    }
    print(rounds.table("Many actions", figures))
    first, *others = figures.values()
    for name, one in zip(list(figures)[1:], others, strict=True):
        if "cpu_s" in first and "cpu_s" in one:
            print(f"{name}: {one['cpu_s'] / first['cpu_s']:.1f} times the processor time")
    return figures


def measured(actions: int, sets: int, dialogues: int, epochs: int) -> Figures:
    """One size, in a process of its own."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    import cueline  # after the core is chosen, by which its threads are counted
    from cueline.settings import Settings, TrainingSettings

    corpus = made_up(actions, sets, dialogues)
    training = TrainingSettings(epochs=epochs, patience=epochs)
    began = time.process_time()
    with epoch_rates() as rates:
        policy = cueline.train(corpus, None, config=Settings(training=training))
    seconds = time.process_time() - began
    took = []
    for dialogue in corpus[:_TIMED]:
        state = policy.start()
        for turn in dialogue.turns:
            start = time.perf_counter()
            _, state = policy.act(turn, state)
            took.append(time.perf_counter() - start)
    return {
        "actions": len(policy.actions),
        "turns_per_s": statistics.median(rates),
        "cpu_s": seconds,
        "weights": sum(array.size for array in policy.weights.values()),
        "act_p50_ms": 1e3 * statistics.median(took),
        "held_out_exact": policy.training["held_out"]["exact"],
    }


def made_up(actions: int, sets: int, dialogues: int, seed: int = 0) -> list[Dialogue]:
    """Dialogues of so many actions in so many sets of one to three."""
    draw = random.Random(seed)
    some = [sorted(draw.sample(range(actions), draw.choice([1, 1, 2, 2, 3]))) for _ in range(sets)]
    after = [draw.randrange(sets) for _ in some]

    def dialogue(number: int) -> Dialogue:
        now, turns = draw.randrange(sets), []
        for turn in range(TURNS):
            silent = turn > 0 and draw.random() < 0.3
            now = after[now] if silent else draw.randrange(sets)
            named = " ".join(f"w{action}" for action in some[now])
            said = None if silent else f"{named} please {draw.choice(['now', 'soon', 'today'])}"
            turns.append(Turn(said, actions=tuple(f"do_{action}" for action in some[now])))
        return Dialogue(f"d{number}", tuple(turns))

    return [dialogue(number) for number in range(dialogues)]


if __name__ == "__main__":
    rounds.answer(measured)
