from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.corpus.formats.babi import reader as babi
from cueline.corpus.formats.babi.templates import Knowledge, fill, template
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import damaged, recognised, refusal, survives, until_error

TASK_5 = """\
1 hi\thello what can i help you with today
2 a table for two in Rome\tany preference on a type of cuisine
3 italian or rather french\tapi_call french rome two cheap
4 luigi_rome R_rating 1
5 luigi_rome R_phone luigi_rome_phone
6 luigi_rome R_cuisine french
7 chez_nous R_rating 8
8 chez_nous R_phone chez_nous_phone
9 chez_nous R_price cheap
10 <SILENCE>\twhat do you think of this option: chez_nous
11 no\twhat do you think of this option: luigi_rome
12 its phone number\there it is luigi_rome_phone
13 thanks\t

1 good morning\thello what can i help you with today
"""
KB = "".join(
    f"1 {name} R_{relation}\t{value}\n"
    for name, fields in {
        "luigi_rome": {"cuisine": "italian", "location": "rome", "phone": "luigi_rome_phone"},
        "chez_nous": {"cuisine": "french", "number": "two", "price": "cheap"},
    }.items()
    for relation, value in fields.items()
)
TASK_6 = """\
1 <SILENCE>\tYou can ask for restaurants by area . How may I help you ?
2 cheap italian in the center\tcheap , moderate , or expensive ?
3 cheap\tapi_call italian centre cheap
4 ask R_post_code ask_post_code
5 ask R_cuisine italian
6 ask R_location centre
7 ask R_price cheap
8 ask R_rating 2
9 <SILENCE>\task is a nice place in the centre of town
10 any price\tapi_call italian centre R_price
11 api_call no result
12 <SILENCE>\tSorry there is no italian food
13 bye\tyou are welcome
1 kosher\tSorry there is no kosher food
2 something\tThe post code of the red cow is the_red_cow_post_code
3 chinese moderately priced\tapi_call chinese R_location moderate
4 wok R_cuisine chinese
5 wok R_price expensive
6 pub R_price moderate
7 <SILENCE>\tSorry there is no chinese food
"""


def read(folder: Path, content: str, kb: str = "") -> list[Dialogue]:
    path = folder / "task-trn.txt"
    path.write_text(content)
    if kb:
        (folder / "some-kb-all.txt").write_text(kb)
    return list(babi.read(path))


@pytest.fixture
def task_5(tmp_path: Path) -> list[Turn]:
    return list(read(tmp_path, TASK_5, KB)[0].turns)


def test_a_line_is_a_turn_and_silence_is_null(task_5: list[Turn]) -> None:
    assert [turn.user for turn in task_5[:4]] == [
        "hi",
        "a table for two in Rome",
        "italian or rather french",
        None,
    ]
    assert task_5[3].system == "what do you think of this option: chez_nous"
    assert (task_5[6].system, task_5[6].actions) == (None, ())


def test_the_action_is_the_template(task_5: list[Turn]) -> None:
    assert [turn.actions for turn in task_5[2:6]] == [
        ("api_call <cuisine> <location> <number> <price>",),
        ("what do you think of this option: <new name>",),
        ("what do you think of this option: <new name>",),
        ("here it is <phone>",),
    ]


def test_slots_carry_over_turns_and_the_last_value_counts(task_5: list[Turn]) -> None:
    named_values = {"number": "two", "location": "rome"}
    assert task_5[0].features == {}
    assert task_5[1].features == named_values | {"given": ("number", "location")}
    assert task_5[2].features == named_values | {"cuisine": "french", "given": ("cuisine",)}
    assert task_5[3].features["price"] == "cheap"  # the system has taken it to be given


def test_results_are_known_only_after_the_search(task_5: list[Turn]) -> None:
    known = [{k: t.features.get(k) for k in ("found", "results", "left")} for t in task_5[2:6]]
    assert known == [
        {"found": None, "results": None, "left": None},
        {"found": True, "results": 2, "left": 2},
        {"found": True, "results": 2, "left": 1},
        {"found": True, "results": 2, "left": 0},
    ]


def test_dialogues_are_numbered_and_their_source_is_kept(tmp_path: Path) -> None:
    dialogues = read(tmp_path, TASK_5, KB)
    assert [dialogue.id for dialogue in dialogues] == ["task-trn-1", "task-trn-2"]
    assert {dialogue.meta["source"] for dialogue in dialogues} == {"task-trn.txt"}


def test_nothing_of_a_dialogue_reaches_the_next(tmp_path: Path) -> None:
    alone = read(tmp_path, TASK_5.split("\n\n")[1], KB)[0].turns
    assert read(tmp_path, TASK_5, KB)[1].turns == alone


def templates(dialogue: Dialogue) -> list[str]:
    return [action for turn in dialogue.turns for action in turn.actions or ()]


def test_without_a_knowledge_base_the_file_is_its_own(tmp_path: Path) -> None:
    first, second = read(tmp_path, TASK_6)
    assert templates(first) == [
        "You can ask for restaurants by area . How may I help you ?",
        "cheap , moderate , or expensive ?",
        "api_call <cuisine> <location> <price>",
        "<new name> is a nice place in the <location> of town",
        "api_call <cuisine> <location> R_price",
        "Sorry there is no <cuisine> food",
        "you are welcome",
    ]
    assert templates(second) == [
        "Sorry there is no <cuisine> food",  # kosher stands where italian and chinese do
        "The post code of <new name> is <post_code>",
        "api_call <cuisine> R_location <price>",
        "Sorry there is no <cuisine> food",
    ]


def test_a_foreign_knowledge_base_is_left_alone(tmp_path: Path) -> None:
    alone = read(tmp_path, TASK_6)
    assert read(tmp_path, TASK_6, KB) == alone


def test_a_slot_left_open_by_the_search_is_forgotten(tmp_path: Path) -> None:
    first, second = read(tmp_path, TASK_6)
    assert [turn.features.get("price") for turn in first.turns[4:6]] == ["cheap", None]
    assert second.turns[2].features["price"] == "moderate"  # "moderately"
    assert first.turns[5].features["found"] is False
    assert first.turns[1].features["location"] == "centre"  # "center"


def test_after_a_new_search_the_best_is_new_again(tmp_path: Path) -> None:
    again = "1 rome\tapi_call rome\n2 luigi_rome R_rating 3\n3 <SILENCE>\ttake luigi_rome\n"
    (dialogue,) = read(
        tmp_path,
        again + again.replace("1 rome", "4 rome").replace("2 l", "5 l").replace("3 <", "6 <"),
    )
    assert len(templates(dialogue)) == 4
    assert templates(dialogue)[1::2] == ["take <new name>"] * 2


def test_a_blank_line_ends_a_dialogue_whatever_the_numbers(tmp_path: Path) -> None:
    assert len(read(tmp_path, "1 a\tb\n2 c\td\n\n3 e\tf\n")) == 2
    assert len(read(tmp_path, "1 a\tb\n2 c\td\n1 e\tf\n2 e\tf\n")) == 2


def test_a_restaurant_out_of_the_blue_is_known_by_what_is_said_of_it(tmp_path: Path) -> None:
    dialogue = read(tmp_path, TASK_6 + RED_COW)[2]
    assert templates(dialogue) == [
        "<new name> serves <cuisine> food",
        "<name> is on <phone>",
        "<name> serves <cuisine> food",
        "bye",
    ]
    assert [fill(templates(dialogue)[n], dialogue.meta["entities"][n]) for n in (1, 2)] == [
        "the red cow is on the_red_cow_phone",
        "the red cow serves italian food",
    ]


RED_COW = """\
1 french\tthe red cow serves italian food
2 phone\tthe red cow is on the_red_cow_phone
3 chinese food ?\tthe red cow serves italian food
4 pub R_phone pub_phone
5 bye\tbye
1 <SILENCE>\tYou can ask for chinese food
"""


def test_a_word_is_no_name_before_a_search_of_this_dialogue(tmp_path: Path) -> None:
    assert templates(read(tmp_path, TASK_6 + RED_COW)[3]) == ["You can ask for <cuisine> food"]


def test_a_listing_of_all_values_is_about_none(tmp_path: Path) -> None:
    knowledge = Knowledge()
    for value in ("cheap", "moderate", "expensive"):
        knowledge.learn("price", value)

    def of(text: str) -> str:
        return template(text, knowledge.spoken(text, searched=True))

    assert of("cheap , moderate , or expensive") == "cheap , moderate , or expensive"
    assert of("moderate or cheap") == "<price> or <price>"


words = st.text("abc", min_size=1, max_size=4)
names = st.lists(words, min_size=1, max_size=3).map("_".join)
others = st.text("xyz", min_size=1, max_size=4)
"""Words that no name has: two words side by side may be a name otherwise."""


@given(st.dictionaries(names, words, min_size=1), st.lists(others, max_size=4), st.data())
def test_filling_a_template_gives_the_text_again(
    phones: dict[str, str], around: list[str], data: st.DataObject
) -> None:
    knowledge = Knowledge()
    for name, phone in phones.items():
        knowledge.add(name, "phone", f"{name}_{phone}")
    name = data.draw(st.sampled_from(sorted(phones)))
    text = " ".join([*around, name, "is on", f"{name}_{phones[name]}"])
    mentions = knowledge.spoken(text, searched=True)
    own = [m for m in mentions if m.value.startswith(name)]
    entities = {"offer": {"name": name, "phone": f"{name}_{phones[name]}"}}
    assert fill(template(text, own[-2:]), entities) == text


def test_what_is_not_known_stays_open() -> None:
    assert fill("<name> is in the <location>", {"slots": {"location": "west"}}) == (
        "<name> is in the west"
    )
    assert fill("<new name>, <phone>", {"offer": {"name": "a", "phone": "b"}}) == (
        "<new name>, <phone>"
    )


def exact(dialogues: list[Dialogue]) -> float:
    """The share of turns whose text follows from the template and what is known before."""
    turns = [
        (turn, known)
        for dialogue in dialogues
        for turn, known in zip(dialogue.turns, dialogue.meta["entities"], strict=True)
    ]
    return sum(fill(turn.actions[0], known) == turn.system for turn, known in turns) / len(turns)


def test_the_small_examples_fill_exactly(tmp_path: Path) -> None:
    dialogues = read(tmp_path, TASK_5.replace("13 thanks\t\n", ""), KB)
    assert exact(dialogues[:1]) > 0.8  # the price is not known before the search


@pytest.mark.parametrize(
    "part, turns",
    [
        ("trn", 18340),
        pytest.param("dev", 18457, marks=pytest.mark.slow),
        pytest.param("tst", 18398, marks=pytest.mark.slow),
        ("tst-OOV", 18368),
    ],
)
def test_task_5_has_its_16_templates(corpora: Path, part: str, turns: int) -> None:
    dialogues = list(babi.read(corpora / "babi" / f"dialog-babi-task5-full-dialogs-{part}.txt"))
    counts = Counter(action for dialogue in dialogues for action in templates(dialogue))
    assert (len(dialogues), sum(counts.values())) == (1000, turns)
    assert sorted(counts) == sorted(SIXTEEN)
    assert exact(dialogues) == 1.0


SIXTEEN = [
    "hello what can i help you with today",
    "i'm on it",
    "any preference on a type of cuisine",
    "where should it be",
    "how many people would be in your party",
    "which price range are looking for",
    "ok let me look into some options for you",
    "api_call <cuisine> <location> <number> <price>",
    "sure is there anything else to update",
    "what do you think of this option: <new name>",
    "sure let me find an other option for you",
    "great let me do the reservation",
    "here it is <phone>",
    "here it is <address>",
    "is there anything i can help you with",
    "you're welcome",
]


@pytest.mark.slow
def test_task_6_test_file_counts(corpora: Path) -> None:
    dialogues = list(babi.read(corpora / "babi" / "dialog-babi-task6-dstc2-tst.txt"))
    assert (len(dialogues), sum(len(dialogue.turns) for dialogue in dialogues)) == (1117, 11237)


def test_task_6_counts_and_bound(corpora: Path) -> None:
    train, development = (
        list(babi.read(corpora / "babi" / f"dialog-babi-task6-dstc2-{part}.txt"))
        for part in ("trn", "dev")
    )
    known = {action for dialogue in train for action in templates(dialogue)}
    actions = [action for dialogue in development for action in templates(dialogue)]
    assert (len(train), sum(len(dialogue.turns) for dialogue in train)) == (1618, 14404)
    assert (len(development), len(actions)) == (500, 4159)
    assert len(known) <= 90
    assert sum(action not in known for action in actions) < 0.001 * len(actions)
    assert exact(train) > 0.90
    assert exact(development) > 0.91


def test_the_first_dialogue_comes_before_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "task-trn.txt"
    path.write_bytes((TASK_5 * 2).encode() + b"1 \xff")
    (tmp_path / "kb.txt").write_text(KB)
    assert len(list(islice(babi.read(path), 3))) == 3
    count, error = until_error(babi.read(path))
    assert count == 3
    assert "task-trn.txt:31: not UTF-8 at byte 2" in str(error)


EXPECTED = r"expected 'N user<TAB>system', 'N entity R_relation value' or 'N api_call no result'"
BAD = {
    b"1 a\tb\nc\td\n": rf"x.txt:2: no line number; {EXPECTED}",
    b"1 a\tb\n2 c\n": rf"x.txt:2: {EXPECTED}",
    b"1 a\tb\tc\n": rf"x.txt:1: {EXPECTED}",
    b"1\n": rf"x.txt:1: {EXPECTED}",
    b"1 a R_ b\n": rf"x.txt:1: {EXPECTED}",
    b"1 a\tb\n2 \xff\n": r"x.txt:2: not UTF-8 at byte 2; save the file as UTF-8",
    b"1 a R_price b\n\n1 a\tb\n": r"x.txt:1: a dialogue without a turn; remove its rows",
    TASK_6.encode()[:-38]: rf"x.txt:20: {EXPECTED}",
}


@pytest.mark.parametrize("content", BAD)
def test_bad_input_is_named_with_its_place(content: bytes) -> None:
    assert re.fullmatch(BAD[content], refusal(babi, content, "x.txt"))


def test_a_broken_knowledge_base_is_named(tmp_path: Path) -> None:
    (tmp_path / "kb.txt").write_text(KB + "nonsense\n")
    path = tmp_path / "task.txt"
    path.write_text(TASK_5)
    _, error = until_error(babi.read(path))
    assert str(error).endswith("kb.txt:7: expected 'N entity R_relation<TAB>value'")


@settings(max_examples=300)
@given(damaged(TASK_6.encode()))
def test_damage_is_read_or_refused(content: bytes) -> None:
    survives(babi, content, "x.txt")


def test_it_is_recognised_by_numbers_and_a_tab() -> None:
    for head in (TASK_5, TASK_6, "\ufeff1 a\tb", "1 a R_price cheap\n2 hi\tyes\n3 cut o"):
        assert recognised(babi, head)


def test_other_files_of_the_corpus_are_not_dialogues() -> None:
    for head in ("", KB, "1 hello\n1 api_call rome\n", "a\tb\n", '{"turns": []}', "1\ta\tb\n"):
        assert not recognised(babi, head)
