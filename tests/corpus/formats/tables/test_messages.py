"""A message a row: who speaks, what is known before a turn, and what a blank action says."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.account import Account
from cueline.corpus.options import ReadingOptions
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError

LOG = """\
conversation_id,ts,speaker,text,disposition,mood
k1,2026-01-05T10:00:00Z,customer,where is it?,,calm
k1,2026-01-05T10:00:09Z,agent,One moment please.,look_up,busy
k1,2026-01-05T10:00:40Z,agent,It left us today.,inform,
k1,2026-01-05T10:01:00Z,customer,great,,
k1,2026-01-05T10:01:05Z,customer,bye,,glad
k1,2026-01-05T10:01:10Z,agent,Good bye.,close;thank,
k1,2026-01-05T10:02:00Z,customer,still there?,,
"""
TURNS = (
    Turn("where is it?", {"mood": "calm"}, None, ("look_up",), "One moment please."),
    Turn(None, {"mood": "busy"}, None, ("inform",), "It left us today."),
    Turn("great\nbye", {"mood": "glad"}, None, ("close", "thank"), "Good bye."),
)
UNLABELLED = """\
conversation_id,speaker,text,disposition
k1,customer,hello,
k1,agent,Hi.,
k1,customer,my order,
k1,agent,Which one?,ask_order
"""


def read(folder: Path, text: str, *columns: str, **options: Any) -> tuple[list[Dialogue], Account]:
    path, account = folder / "log.csv", Account()
    path.write_text(text)
    return read_all([path], ReadingOptions(columns=columns, **options), account), account


def refusal(folder: Path, text: str, *columns: str, **options: Any) -> str:
    with pytest.raises(CorpusError) as caught:
        read(folder, text, *columns, **options)
    return str(caught.value).removeprefix(f"{folder}/")


def test_messages_fold_into_turns_of_the_agent(tmp_path: Path) -> None:
    (dialogue,), account = read(tmp_path, LOG)
    assert dialogue.turns == TURNS
    assert {reason: t.count for reason, t in account.left_out.items()} == {
        "last words of the user that nothing labelled follows": 1
    }
    assert (account.records, account.turns) == (7, 3)


@pytest.mark.parametrize(
    ("names", "values"),
    [
        ("Session ID,Timestamp,Role,Message,Next Action,mood", ("User", "Assistant")),
        ("chatId,created_at,author,content,dialogue_act,mood", ("visitor", "Bot")),
        ("dialog,seq,sender,utterance,actions,mood", ("client 7", "advisor 2")),
        ("case_id,time,from,body,what_was_done,mood", ("INBOUND", "OUTBOUND")),
    ],
)
def test_usual_names_are_enough(names: str, values: tuple[str, str], tmp_path: Path) -> None:
    customer, agent = values
    rows = LOG.partition("\n")[2].replace("customer", customer).replace("agent", agent)
    only_the_agents = rows.replace(",busy", ",")
    (dialogue,), _ = read(tmp_path, f"{names}\n{only_the_agents}")
    assert [turn.actions for turn in dialogue.turns] == [turn.actions for turn in TURNS]
    assert [turn.user for turn in dialogue.turns] == [turn.user for turn in TURNS]


OTHER = "talk,who,what,done\nt,Ann,hi,\nt,Acme,Hello.,greet\nt,Bob,bye,\nt,ACME ,Bye.,close\n"
NAMED = ("dialogue=talk", "role=who", "text=what", "actions=done")


@pytest.mark.parametrize("sides", [["agent=acme"], ["customer=Ann,Bob"]])
def test_who_is_named_on_one_side_leaves_the_others_on_the_other(
    sides: list[str], tmp_path: Path
) -> None:
    (dialogue,), _ = read(tmp_path, OTHER, *NAMED, *sides)
    assert [(turn.user, turn.actions) for turn in dialogue.turns] == [
        ("hi", ("greet",)),
        ("bye", ("close",)),
    ]


def test_who_is_on_neither_side_is_left_out_and_counted(tmp_path: Path) -> None:
    (dialogue,), account = read(tmp_path, OTHER, *NAMED, "agent=acme", "customer=bob")
    assert [turn.user for turn in dialogue.turns] == [None, "bye"]
    assert account.left_out["messages of 'Ann'"].count == 1


@pytest.mark.parametrize("sides", [["agent=agent"], ["customer=customer"], []])
def test_who_is_usually_neither_side_is_never_taken_for_one(
    sides: list[str], tmp_path: Path
) -> None:
    third = "Tool" if not sides else "system" if sides[0] == "agent=agent" else "visitor"
    log = LOG.replace("k1,2026-01-05T10:01:05Z,customer", f"k1,2026-01-05T10:01:05Z,{third}")
    (dialogue,), account = read(tmp_path, log, *sides)
    assert [turn.user for turn in dialogue.turns] == ["where is it?", None, "great"]
    assert account.left_out[f"messages of {third!r}"].count == 1


def test_a_speaker_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, OTHER, *NAMED) == (
        "log.csv:2: `who` is 'Ann', which is no usual name of a speaker; say who is the agent, "
        "--column agent=NAME"
    )
    notices = LOG.replace("10:00:40Z,agent", "10:00:40Z,system")
    assert "`speaker` is 'system' here and 'agent' there" in refusal(tmp_path, notices)
    assert refusal(tmp_path, LOG.replace("Z,agent", "Z,")).startswith("log.csv:3: `speaker` is bl")


def test_a_blank_action_of_who_spoke_is_asked_for(tmp_path: Path) -> None:
    said = refusal(tmp_path, UNLABELLED)
    assert said.startswith("log.csv:3: `disposition` is blank where the system spoke; say what")
    assert "--blank respond" in said and "\n" not in said


@pytest.mark.parametrize(
    ("blank", "turns", "counted"),
    [
        ("none", [("hello", ()), ("my order", ("ask_order",))], 0),
        ("respond", [("hello", ("respond",)), ("my order", ("ask_order",))], 1),
        ("skip", [("my order", ("ask_order",))], 1),
    ],
)
def test_a_blank_action_says_what_the_user_says_of_it(
    blank: str, turns: list[tuple[str, tuple[str, ...]]], counted: int, tmp_path: Path
) -> None:
    (dialogue,), account = read(tmp_path, UNLABELLED, blank=blank)
    assert [(turn.user, turn.actions) for turn in dialogue.turns] == turns
    tallies = [*account.left_out.values(), *account.assumed.values()]
    assert sum(tally.count for tally in tallies) == counted
    assert account.without_actions == (blank == "none")


def test_words_wait_for_the_label_that_follows_an_unlabelled_answer(tmp_path: Path) -> None:
    rows = UNLABELLED.replace("k1,customer,my order,\n", "")
    (dialogue,), _ = read(tmp_path, rows, blank="skip")
    assert [(turn.user, turn.actions) for turn in dialogue.turns] == [("hello", ("ask_order",))]


def test_in_a_table_of_turns_a_blank_action_is_asked_for_where_the_system_spoke(
    tmp_path: Path,
) -> None:
    table = "dialogue,user,system,actions\nd,hi,Hello.,\nd,bye,,\nd,so,Bye.,close\n"
    assert refusal(tmp_path, table).startswith("log.csv:2: `actions` is blank where the system")
    actions = {
        blank: [turn.actions for turn in read(tmp_path, table, blank=blank)[0][0].turns]
        for blank in ("none", "respond", "skip")
    }
    assert actions == {
        "none": [(), (), ("close",)],
        "respond": [("respond",), (), ("close",)],
        "skip": [("close",)],
    }


def test_words_that_may_be_anyones_make_a_blank_action_unclear(tmp_path: Path) -> None:
    table = "conversation_id,text,disposition\nk,hi,\nk,Hello.,greet\n"
    said = refusal(tmp_path, table)
    assert said.startswith("log.csv:2: `disposition` is blank where a row may be a message")
    assert "--column role=COLUMN" in said
    assert len(read(tmp_path, table, blank="none")[0][0].turns) == 2


SPEAKERS = [("customer", "agent"), ("C", "A"), ("0", "1")]


@pytest.mark.parametrize("values", SPEAKERS)
def test_a_column_that_tells_acting_rows_from_idle_ones_is_no_feature(
    values: tuple[str, str], tmp_path: Path
) -> None:
    rows = LOG.replace("customer", values[0]).replace("agent", values[1])
    named = ("dialogue=conversation_id", "user=text", "actions=disposition")
    said = refusal(tmp_path, rows.replace("speaker", "spkr"), *named)
    assert "`spkr` tells rows with actions from rows without" in said
    assert "--column role=spkr text=text" in said
    (dialogue,), _ = read(tmp_path, rows.replace("speaker", "spkr"), *named, "drop=spkr")
    assert len(dialogue.turns) == 7


def test_a_feature_beside_which_nothing_is_done_may_be_one(tmp_path: Path) -> None:
    rows = "".join(
        f"d,hm {n},{'open' if n % 2 else 'shut'},{'go' if n % 2 else ''}\n" for n in range(8)
    )
    table = "dialogue,user,door,actions\n" + rows
    assert "`door` tells rows" in refusal(tmp_path, table)
    assert len(read(tmp_path, table, blank="none")[0][0].turns) == 8


def test_options_of_both_kinds_of_tables_do_not_go_together(tmp_path: Path) -> None:
    assert "name those of one kind" in refusal(tmp_path, LOG, "role=speaker", "user=text")
    assert "no column 'spekaer'; the columns are" in refusal(tmp_path, LOG, "role=spekaer")
    assert "turn is 'a' already" in refusal(tmp_path, LOG, "turn=a", "turn=b")
    several = LOG.replace("disposition", "result").replace("mood", "code").replace("calm", "")
    several = several.replace("glad", "")
    assert "`result`, `code` could each be `actions`" in refusal(tmp_path, several)


cells = st.text("ab", max_size=2)
messages = st.lists(
    st.tuples(st.sampled_from(["customer", "agent"]), cells, cells, cells), min_size=1, max_size=8
)


@given(before=messages, one=messages, other=messages)
def test_nothing_known_before_a_turn_comes_from_its_row_or_later(
    before: list[Any], one: list[Any], other: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two logs that begin alike: up to the first act on what differs, the same is known."""
    folder = tmp_path_factory.mktemp("log")
    first, second = (
        _turns(folder, [*before, ("agent", *row), *rest])
        for row, rest in ((("a", "a", "a"), one), (("b", "b", "b"), other))
    )
    acted = sum(speaker == "agent" for speaker, *_ in before)
    for turn, same in zip(first[: acted + 1], second[: acted + 1], strict=True):
        assert (turn.user, turn.features) == (same.user, same.features)


def _turns(folder: Path, rows: list[Any]) -> tuple[Turn, ...]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["dialogue", "speaker", "text", "actions", "note"])
    for speaker, said, done, note in rows:
        writer.writerow(["d", speaker, said, done if speaker == "agent" else "", note])
    return read(folder, text.getvalue(), blank="none")[0][0].turns
