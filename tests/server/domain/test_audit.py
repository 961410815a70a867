"""Whatever is changed in a store by hand, the audit says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.cli import serving
from cueline.dialogue import Turn
from cueline.server.command import collect
from cueline.server.command import replay as replay_url
from cueline.server.domain import audit
from cueline.server.domain.agreement import Agreement
from cueline.server.domain.audit import Head, ReplayReport, heads_of, replay
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import StoreError
from cueline.server.events import Corrected, decode, first_changed, seal
from cueline.server.schemas import StepRequest
from cueline.server.stores.base import Store, Write
from cueline.server.stores.memory import MemoryStore
from cueline.server.stores.open import open_store
from tests.server.acting import policy
from tests.server.conftest import run

WORDS = ("find me a table", "for two", "yes")


async def filled(store: Store) -> str:
    sessions = Sessions(store, Policies(policy()))
    dialogue = await sessions.open("u")
    for words in WORDS:
        await sessions.step(dialogue, StepRequest(words), key=words)
    await sessions.correct(dialogue, Corrected(0.0, 1, ("book",)))
    return dialogue


async def audited(events: Sequence[bytes], heads: dict[str, Head] | None = None) -> ReplayReport:
    store = MemoryStore()
    for seq, event in enumerate(events):
        await store.append(Write("d", seq, event))
    return await replay(store, [policy()], heads=heads)


async def _events() -> list[bytes]:
    store = MemoryStore()
    return await store.events(await filled(store))


EVENTS = run(_events())


def test_what_nobody_changed_is_clean() -> None:
    report = run(audited(EVENTS, {"d": Head(len(EVENTS), EVENTS[-1][-34:-2].decode())}))
    assert (report.clean, report.decisions, report.gone) == (True, len(WORDS), 0)
    assert run(audited(EVENTS[:3])).clean  # as far as it goes


@st.composite
def changes(draw: Any) -> list[bytes]:
    events = list(EVENTS)
    place = draw(st.integers(0, len(events) - 1))
    match draw(st.sampled_from(["bytes", "drop", "swap", "again", "cut"])):
        case "bytes":
            at = draw(st.integers(0, len(events[place]) - 1))
            new = draw(st.binary(max_size=3))
            events[place] = events[place][:at] + new + events[place][at + len(new) + 1 :]
        case "drop":
            del events[draw(st.integers(0, len(events) - 2))]
        case "swap":
            events.insert(0, events.pop(place))
        case "again":
            events.insert(place, events[place])
        case "cut":
            events[place] = events[place][: draw(st.integers(0, len(events[place]) - 1))]
    return events


@given(changes())
def test_whatever_is_changed_by_hand_is_found(events: list[bytes]) -> None:
    if events != EVENTS:
        assert first_changed(events) is not None
        assert not run(audited(events)).clean


@given(st.integers(1, len(EVENTS)), st.integers(0, len(EVENTS) - 1))
def test_a_chain_made_anew_is_another_than_the_one_exported(exported: int, changed: int) -> None:
    heads = {"d": Head(exported, EVENTS[exported - 1][-34:-2].decode())}
    made, head = [], ""
    for place, event in enumerate(EVENTS):
        raw = event.replace(b'"at":1', b'"at":2') if place == changed else event
        made.append(seal(decode(raw), head))
        head = made[-1][-34:-2].decode()
    report = run(audited(made, heads))
    assert report.clean == (changed >= exported)
    assert not run(audited(EVENTS[: exported - 1], heads)).clean or exported == 1
    assert run(audited([], heads)).gone == 1


@pytest.mark.parametrize("change", ["two", "book", "yes"])
def test_a_text_changed_in_the_file_of_a_store_is_found(tmp_path: Path, change: str) -> None:
    path = tmp_path / "dialogues.db"

    async def fill() -> dict[str, Head]:
        store = await open_store(f"sqlite:{path}")
        await filled(store)
        heads = await heads_of(store)
        await store.close()
        return heads

    run(fill())
    policy().save(tmp_path / "policy")
    url, folder, out, heads = (
        f"sqlite:{path}",
        [tmp_path / "policy"],
        tmp_path / "o",
        tmp_path / "h",
    )
    assert collect(out, store=url, heads=heads) == 1
    assert replay_url(folder, store=url, heads=heads).clean
    with sqlite3.connect(path) as db:
        done = db.execute(
            "UPDATE event SET event = CAST(replace(event, ?, 'fly') AS BLOB) "
            "WHERE seq = (SELECT max(seq) FROM event WHERE instr(event, ?))",
            (change, change),
        )
        assert done.rowcount == 1
    assert not replay_url(folder, store=url).clean
    with pytest.raises(StoreError, match="not as it was stored"):
        collect(out, store=url)


def test_what_another_policy_would_have_decided_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, same, other = f"sqlite:{tmp_path / 'd.db'}", policy(), policy(1)

    async def fill() -> list[int]:
        store = await open_store(url)
        sessions = Sessions(store, Policies(same))
        decided = [(await sessions.open("u"), []) for _ in range(3)]
        agreed = 0
        for dialogue, _ in decided:
            state = other.start()
            for words in WORDS:
                event = (await sessions.step(dialogue, StepRequest(words))).event
                decision, _ = other.act(event.said, state)
                agreed += set(decision.actions) == set(event.decision.actions)
                done = msgspec.structs.replace(event.said, actions=event.decision.actions)
                _, state = other.act(done, state)
        wrong, right = decided[0][0], decided[1][0]
        await sessions.correct(wrong, Corrected(0.0, 0, ("close", "book", "offer", "ask_area")))
        first = same.act(Turn(WORDS[0]), same.start())[0]
        await sessions.correct(right, Corrected(0.0, 0, first.actions))
        await store.close()
        return [agreed]

    (agreed,) = run(fill())
    same.save(tmp_path / "same")
    other.save(tmp_path / "other")
    turns = 3 * len(WORDS)
    found = replay_url([], store=url, against=tmp_path / "same")
    assert found.against == Agreement(turns, turns, 2, 1)
    assert found.clean and found.decisions == 0
    found = replay_url([tmp_path / "same"], store=url, against=tmp_path / "other")
    assert found.clean and found.decisions == turns
    assert found.against is not None and found.against.agreed == agreed < turns
    assert serving.replay(store=url, against=tmp_path / "same") == 0
    said = capsys.readouterr().out
    assert f"decides as was decided at {turns} of {turns} (100.0%) turns" in said
    assert "right at 1 of 2 (50.0%) corrected turns" in said


@pytest.mark.parametrize("at_a_time", [1, 2, 5])
def test_it_matters_not_how_many_are_recomputed_at_a_time(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found() -> ReplayReport:
        store = MemoryStore()
        for _ in range(5):
            dialogue = await filled(store)
        await store.append(Write(dialogue, len(EVENTS), EVENTS[-1]))
        return await replay(store, [policy()], heads={"gone": Head(1, "")}, against=policy(1))

    monkeypatch.setattr(audit, "DIALOGUES", at_a_time)
    report = run(found())
    assert (report.dialogues, report.decisions, report.gone) == (5, 4 * len(WORDS), 1)
    assert len(report.differences) == 1
    assert report.against is not None and report.against.turns == 4 * len(WORDS)
