from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.checks import CheckReport, Finding, check
from cueline.corpus.checks.counts import MIN_DIALOGUES
from cueline.corpus.checks.target_leakage import MIN_TURNS
from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Span, Turn

SENTENCE = "please find me a cheap table in the old part of town for two people tonight"
WORDS = SENTENCE.split()
SHARING = {"a": range(50), "b": range(10, 60)}
"""Blocks of words in two dialogues that have about two thirds of all they say in common."""


def dialogue(id: str, *turns: Turn) -> Dialogue:
    return Dialogue(id, turns)


def report(folder: Path, *corpora: Sequence[Dialogue]) -> CheckReport:
    paths = [folder / f"{number}.jsonl" for number in range(len(corpora))]
    for path, dialogues in zip(paths, corpora, strict=True):
        jsonl.write(path, dialogues)
    return check(paths)


def found(folder: Path, *corpora: Sequence[Dialogue]) -> dict[str, Finding]:
    return {finding.kind: finding for finding in report(folder, *corpora).findings}


def sound(count: int = MIN_DIALOGUES, prefix: str = "d") -> list[Dialogue]:
    """Dialogues of which nothing is to be said."""
    return [
        dialogue(
            f"{prefix}{number}",
            Turn(f"hello {prefix} {number}", actions=("greet",)),
            Turn(f"bye {prefix} {number}", {"n": number}, ("close", "greet"), ("close",)),
        )
        for number in range(count)
    ]


def test_of_a_sound_corpus_there_is_nothing_to_say(tmp_path: Path) -> None:
    told = report(tmp_path, sound())
    assert (told.findings, told.sound) == ([], True)
    summary = told.as_json()
    account = summary["corpora"][0].pop("account")
    assert (account["dialogues"], account["turns"]) == (MIN_DIALOGUES, 2 * MIN_DIALOGUES)
    assert summary == {
        "sound": True,
        "corpora": [
            {
                "corpus": str(tmp_path / "0.jsonl"),
                "dialogues": MIN_DIALOGUES,
                "turns": 2 * MIN_DIALOGUES,
                "actions": 2,
                "sets": 2,
            }
        ],
        "findings": [],
    }


def test_identical_histories_with_different_actions(tmp_path: Path) -> None:
    after = [("a",), ("a",), ("b",)]
    dialogues = [
        dialogue(f"x{n}", Turn("Hello", actions=("greet",)), Turn("and  NOW", actions=actions))
        for n, actions in enumerate(after)
    ]
    same_words = dialogue("y", Turn("and now", actions=("c",)))
    finding = found(tmp_path, [*sound(), *dialogues, same_words])["contradiction"]
    assert (finding.level, finding.count) == ("warning", 1)
    assert finding.message.startswith("1 identical histories with different actions; at least 1 of")
    assert finding.examples == ["a 2 times (x0 turn 1), but b 1 times (x2 turn 1)"]


@pytest.mark.parametrize(
    "turn",
    [
        Turn("now", actions=("b",)),
        Turn("and now", {"n": 1}, actions=("b",)),
        Turn("and now", available=("a", "b"), actions=("b",)),
        Turn(None, actions=("b",)),
    ],
)
def test_whatever_differs_before_acting_is_no_contradiction(turn: Turn, tmp_path: Path) -> None:
    one = dialogue("x", Turn("and now", actions=("a",)))
    assert "contradiction" not in found(tmp_path, [one, dialogue("y", turn)])


def test_what_was_done_before_belongs_to_the_history(tmp_path: Path) -> None:
    first = [dialogue(n, Turn("a", actions=(n,)), Turn("b", actions=(n,))) for n in "xy"]
    assert found(tmp_path, first)["contradiction"].count == 1  # the first turns only


@given(answers=st.lists(st.sampled_from("ab"), min_size=1, max_size=30))
def test_the_turns_that_cannot_be_right_are_all_but_the_commonest(
    answers: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    dialogues = [
        dialogue(str(n), Turn("hm", actions=(action,))) for n, action in enumerate(answers)
    ]
    finding = found(tmp_path_factory.mktemp("c"), dialogues).get("contradiction")
    lost = len(answers) - max(answers.count("a"), answers.count("b"))
    assert (finding.count if finding else 0) == lost


def test_a_mask_that_forbids_the_target_is_an_error(tmp_path: Path) -> None:
    wrong = dialogue("w", Turn("a", available=("close",), actions=("greet", "close")))
    told = report(tmp_path, [*sound(), wrong])
    assert not told.sound
    assert told.findings[0].kind == "forbidden"
    assert told.findings[0].examples == ["w turn 0: greet"]


def test_an_id_may_be_used_in_each_corpus_once(tmp_path: Path) -> None:
    assert "duplicate-id" not in found(tmp_path, sound(), sound())
    finding = found(tmp_path, [*sound(), *sound()])["duplicate-id"]
    assert (finding.level, finding.count, finding.examples[0]) == ("error", MIN_DIALOGUES, "d0")


def test_turns_of_nothing(tmp_path: Path) -> None:
    blank = dialogue("b", Turn(" ", actions=("greet",)))
    empty = dialogue("e", Turn(None, actions=()), Turn("a", actions=("greet",)))
    idle = dialogue("i", Turn("a", actions=()))
    kinds = found(tmp_path, [*sound(), blank, empty, idle])
    assert kinds["blank-user"].examples == ["b turn 0"]
    assert kinds["empty-turn"].examples == ["e turn 0"]
    assert kinds["idle"].examples == ["i"]


def test_rare_unused_and_unseen_actions(tmp_path: Path) -> None:
    rare = [
        dialogue(f"r{n}", Turn(str(n), actions=("rare",) * 2)) for n in range(MIN_DIALOGUES - 1)
    ]
    unused = dialogue("u", Turn("u", available=("greet", "never"), actions=("greet",)))
    unseen = dialogue("v", Turn("v", actions=("new",)))
    kinds = found(tmp_path, [*sound(), *rare, unused], [*sound(prefix="e"), unseen])
    assert kinds["rare-action"].examples == [f"rare ({MIN_DIALOGUES - 1})"]
    assert (kinds["unused-action"].level, kinds["unused-action"].examples) == ("note", ["never"])
    assert kinds["unseen-action"].examples == ["new"]


def with_features(value: str, alone: bool = True) -> list[Dialogue]:
    """Turns with a feature that is `value` with the action filled in; the words say nothing."""
    return [
        dialogue(
            str(n),
            Turn(
                f"words {n}",
                {"f": value.format("ab"[n % 2] if alone or n % 5 else "a"), "g": "xyz"[n % 3]},
                actions=("ab"[n % 2],),
            ),
        )
        for n in range(4 * MIN_TURNS)
    ]


def test_a_feature_that_names_the_answer_is_an_error(tmp_path: Path) -> None:
    finding = found(tmp_path, with_features("{}"))["giveaway"]
    assert (finding.level, finding.message) == (
        "error",
        "the feature `f` names what the system does",
    )


def test_a_feature_that_decides_alone_is_suspicious(tmp_path: Path) -> None:
    finding = found(tmp_path, with_features("is {}"))["giveaway"]
    assert (finding.level, finding.examples) == ("warning", ["is a -> a", "is b -> b"])


def test_a_feature_that_only_helps_is_none(tmp_path: Path) -> None:
    assert "giveaway" not in found(tmp_path, with_features("is {}", alone=False))


def long(id: str, words: Sequence[str]) -> Dialogue:
    thirds = [" ".join(words[at::3]) for at in range(3)]
    return dialogue(id, *(Turn(third, actions=("greet",)) for third in thirds))


def test_the_same_dialogue_in_another_corpus_is_an_error(tmp_path: Path) -> None:
    kinds = found(tmp_path, [long("a", WORDS)], [long("b", WORDS)])
    assert (kinds["leak"].level, kinds["leak"].examples) == ("error", ["b = a"])
    assert "leak" not in found(tmp_path, [long("a", WORDS), long("b", WORDS)])


def test_nearly_the_same_dialogue_in_another_corpus_is_told(tmp_path: Path) -> None:
    many = [f"{word}{n}" for n in range(10) for word in WORDS]
    near = [*many[:-1], "tomorrow"]
    kinds = found(tmp_path, [long("a", many)], [long("b", near)])
    assert kinds["near-leak"].examples == ["b ~ a"]


def test_dialogues_that_share_less_are_not_nearly_the_same(tmp_path: Path) -> None:
    thirds = [[f"{word}{n}" for word in WORDS] for n in range(90)]
    words = {name: [w for n in numbers for w in thirds[n]] for name, numbers in SHARING.items()}
    turns = {
        name: dialogue(
            name,
            *(
                Turn(" ".join(said[at : at + 160]), actions=("greet",))
                for at in range(0, len(said), 160)
            ),
        )
        for name, said in words.items()
    }
    assert "near-leak" not in found(tmp_path, [turns["a"]], [turns["b"]])


@given(seed=st.integers(0, 9))
def test_different_dialogues_are_not_alike(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one = [f"{word}{seed}" for word in WORDS]
    kinds = found(tmp_path_factory.mktemp("c"), [long("a", one)], [long("b", WORDS[::-1])])
    assert kinds.keys() <= {"rare-action"}


def test_errors_come_first(tmp_path: Path) -> None:
    wrong = dialogue("w", Turn("a", available=("b", "c"), actions=("greet",)))
    same = long("a", WORDS)
    told = report(tmp_path, [wrong, wrong, same], [same]).findings
    levels = [finding.level for finding in told]
    assert {"forbidden", "leak", "rare-action"} <= {finding.kind for finding in told}
    assert levels == sorted(levels, key=("error", "warning", "note").index)
    assert {"error", "warning", "note"} == set(levels)


def test_a_name_in_two_spellings_and_a_placeholder_are_found(tmp_path: Path) -> None:
    names = ["Transfer", "transfer", "look_up", "lookUp", "close", "N/A", "-", "null", "1.0", "10"]
    odd = [dialogue(f"o{n}", Turn(f"odd {n}", actions=(name,))) for n, name in enumerate(names)]
    kinds = found(tmp_path, [*sound(), *odd])
    assert kinds["case-twin"].examples == [
        "'Transfer' (1) and 'transfer' (1)",
        "'lookUp' (1) and 'look_up' (1)",
    ]
    assert kinds["placeholder"].count == 3
    assert set(kinds["placeholder"].examples) == {"'N/A' (1)", "'-' (1)", "'null' (1)"}


spellings = st.sampled_from([str.upper, str.title, lambda name: name.replace("_", "-"), str.strip])


@given(name=st.sampled_from(["transfer_call", "ask_for_name"]), one=spellings, other=spellings)
def test_names_are_twins_where_only_case_and_signs_differ(
    name: str, one: Any, other: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = {one(name), other(name)}
    odd = [dialogue(spelt, Turn(spelt, actions=(spelt,))) for spelt in names]
    assert ("case-twin" in found(tmp_path_factory.mktemp("c"), odd)) == (len(names) > 1)


REPLY = "it left our house on Monday"


def test_the_systems_words_in_what_is_known_before_are_found(tmp_path: Path) -> None:
    heard = [
        dialogue(
            f"e{n}", Turn(f"well {n}\nIt left our  house on Monday", actions=("a",), system=REPLY)
        )
        for n in range(2)
    ]
    noted = dialogue("f", Turn("so", {"note": f"he: {REPLY}"}, actions=("a",), system=REPLY))
    findings = [one for one in report(tmp_path, [*heard, noted]).findings if one.kind == "echo"]
    assert [(one.level, one.count, one.examples) for one in findings] == [
        ("error", 2, ["e0 turn 0", "e1 turn 0"]),
        ("error", 1, []),
    ]
    assert "`note`" in findings[1].message


def test_a_greeting_given_back_is_no_echo(tmp_path: Path) -> None:
    polite = dialogue("p", Turn("thank you, good bye", actions=("bye",), system="good bye"))
    earlier = dialogue("q", Turn("a", actions=("b",), system=REPLY), Turn(REPLY, actions=("c",)))
    many = [dialogue(f"m{n}", Turn("hm", actions=("a",), system=REPLY)) for n in range(20)]
    once = dialogue("o", Turn(REPLY, actions=("a",), system=REPLY))
    assert "echo" not in found(tmp_path, [polite, earlier])
    assert found(tmp_path, [*many, once])["echo"].level == "warning"


def test_a_corpus_in_which_nothing_is_done_or_said_is_an_error(tmp_path: Path) -> None:
    idle = [dialogue(f"i{n}", Turn(f"a {n}", actions=())) for n in range(3)]
    mute = [dialogue(f"m{n}", Turn("", {"n": n}, actions=("greet",))) for n in range(3)]
    for empty, kind in ((idle, "no-action"), (mute, "no-words")):
        assert found(tmp_path, empty)[kind].level == "error"
        assert "of corpus 2" in found(tmp_path, sound(), empty)[kind].message
        assert kind not in found(tmp_path, [*sound(), *empty])


def test_turns_that_are_messages_are_an_error(tmp_path: Path) -> None:
    def message(speaker: str, *actions: str) -> Turn:
        return Turn(f"says {speaker}", {"speaker": speaker}, actions=actions)

    talk = [message("customer"), message("agent", "greet"), message("customer"), message("agent")]
    assert found(tmp_path, [dialogue("d", *talk)])["message-rows"].level == "error"
    for other in (message("customer", "greet"), message("agent")):
        both = dialogue("e", other, message("agent"), message("customer"))
        assert "message-rows" not in found(tmp_path, [dialogue("d", *talk[:1]), both])


def test_spans_that_no_tagger_can_learn_are_found(tmp_path: Path) -> None:
    whole, blank, cut, over = (0, 7), (7, 8), (8, 10), (0, 12)
    for spans, kinds in [
        ([whole], set()),
        ([blank], {"blank-span"}),
        ([cut], {"cut-word"}),
        ([whole, over], {"overlapping-spans"}),
    ]:
        marked = tuple(Span(start, end, "x") for start, end in spans)
        talk = Dialogue("d", (Turn("italian food", actions=("a",), spans=marked),))
        kinds_found = found(tmp_path, [talk]).keys()
        assert kinds_found & {"blank-span", "cut-word", "overlapping-spans"} == kinds


def test_arguments_that_were_nowhere_are_counted(tmp_path: Path) -> None:
    turn = Turn(
        "Rome for 6",
        {"user_id": "u1"},
        actions=("book",),
        arguments={"book": ({"city": "rome", "n": 6, "by": "u1", "day": "friday", "all": True},)},
        results={"search": ([{"id": 77}],)},
    )
    again = Turn(None, actions=("pay",), arguments={"pay": ({"id": 77, "day": "friday"},)})
    finding = found(tmp_path, [Dialogue("d", (turn, again))])["unseen-arguments"]
    assert (finding.level, finding.count, finding.examples) == ("note", 1, ["book.day: 1 of 1"])
    assert finding.message.startswith("1 of 7 arguments")


def test_vectors_of_different_lengths_are_an_error(tmp_path: Path) -> None:
    short = dialogue("short", Turn("one", {"v": (1.0,)}, actions=("greet",)))
    long = dialogue("long", Turn("two", {"v": (1.0, 2.0)}, actions=("greet",)))
    finding = found(tmp_path, [*sound(), short, long, long])["vector-length"]
    assert (finding.level, finding.count) == ("error", 2)
    assert finding.examples[0] == "long turn 0: v has 2 numbers"


def test_a_vector_is_not_looked_at_as_an_answer_or_an_argument(tmp_path: Path) -> None:
    turns = [
        Turn(f"say {n}", {"v": (float(n % 2), 7.0)}, actions=(f"act{n % 2}",))
        for n in range(3 * MIN_TURNS)
    ]
    assert "giveaway" not in found(tmp_path, [*sound(), dialogue("v", *turns)])
    called = Turn("hm", {"v": (0.25, 7.0)}, actions=("pay",), arguments={"pay": ({"sum": 0.25},)})
    assert found(tmp_path, [*sound(), dialogue("p", called)])["unseen-arguments"].count == 1
