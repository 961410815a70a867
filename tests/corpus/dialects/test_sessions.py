"""Sessions and exports: what was taken back, what the program wrote, and agents of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cueline.corpus import read_all
from cueline.corpus.account import Account

Json = dict[str, Any]


def read(folder: Path, lines: list[Json], account: Account | None = None) -> list[list[Any]]:
    path = folder / "session.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    dialogues = read_all(path, account=account)
    return [[(turn.user, turn.actions, turn.system) for turn in one.turns] for one in dialogues]


def line(id: str, before: str | None, content: Any, message: str = "", **more: Any) -> Json:
    """A line of Claude Code; with the id of a message it is the assistant's."""
    role = "assistant" if message else "user"
    said = {"role": role, "content": content} | ({"id": message} if message else {})
    ids = {"uuid": id, "parentUuid": before, "sessionId": "k"}
    return {"type": role, "message": said} | ids | more


def words(text: str) -> list[Json]:
    return [{"type": "text", "text": text}]


def call(id: str) -> list[Json]:
    return [{"type": "tool_use", "id": id, "name": id, "input": {}}]


def result(id: str) -> list[Json]:
    return [{"type": "tool_result", "tool_use_id": id, "content": "done"}]


def test_results_between_the_lines_of_a_message_do_not_part_it(tmp_path: Path) -> None:
    lines = [
        line("1", None, "go"),
        line("2", "1", call("a"), "m"),
        line("3", "2", result("a")),
        line("4", "2", call("b"), "m"),
        line("5", "4", result("b")),
        line("6", "5", words("done"), "n"),
    ]
    expected = [("go", ("a", "b"), None), (None, ("respond",), "done")]
    assert read(tmp_path, lines) == [expected]


def test_a_prompt_taken_back_is_left_out_with_what_followed(tmp_path: Path) -> None:
    account = Account()
    lines = [
        line("1", None, "go"),
        line("2", "1", words("where?"), "m"),
        line("3", "2", "left"),
        line("4", "3", words("fine"), "n"),
        line("5", "2", "right"),
        line("6", "5", words("good"), "o"),
    ]
    expected = [("go", ("respond",), "where?"), ("right", ("respond",), "good")]
    assert read(tmp_path, lines, account) == [expected]
    assert account.left_out["messages that the user took back"].count == 2


def test_what_the_program_wrote_is_not_the_users(tmp_path: Path) -> None:
    typed = "<command-name>/review</command-name><command-args>7</command-args>"
    lines = [
        line("1", None, "Caveat", isMeta=True),
        line("2", "1", "<local-command-stdout>ok</local-command-stdout>"),
        line("3", "2", f"{typed}<system-reminder>be good</system-reminder>"),
        line("4", "3", words("fine"), "m"),
        line("5", "4", "summary", isCompactSummary=True),
        line("6", "5", words("API Error"), "n", isApiErrorMessage=True),
    ]
    assert read(tmp_path, lines) == [[("/review 7", ("respond",), "fine")]]


def test_an_agent_that_was_started_is_a_dialogue_of_its_own(tmp_path: Path) -> None:
    apart = {"isSidechain": True, "agentId": "x"}
    lines = [
        line("1", None, "go"),
        line("2", "1", call("Task"), "m"),
        line("3", None, "look", **apart),
        line("4", "3", words("found"), "n", **apart),
        line("5", "2", result("Task")),
        line("6", "5", words("done"), "o"),
    ]
    outer = [("go", ("Task",), None), (None, ("respond",), "done")]
    assert read(tmp_path, lines) == [outer, [("look", ("respond",), "found")]]


def item(role: str, text: str) -> Json:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return {
        "type": "response_item",
        "payload": {"type": "message", "role": role, "content": content},
    }


def test_turns_of_codex_that_were_taken_back_are_left_out(tmp_path: Path) -> None:
    account = Account()
    back = {"type": "event_msg", "payload": {"type": "thread_rolled_back", "num_turns": 1}}
    lines = [
        {"type": "session_meta", "payload": {"id": "k"}},
        item("user", "<environment_context></environment_context>"),
        item("user", "go"),
        item("assistant", "fine"),
        item("user", "left"),
        item("assistant", "gone"),
        back,
        item("user", "right"),
        item("assistant", "good"),
    ]
    expected = [("go", ("respond",), "fine"), ("right", ("respond",), "good")]
    assert read(tmp_path, lines, account) == [expected]
    assert account.left_out["turns that the user took back"].count == 1


def test_a_bad_line_can_be_skipped(tmp_path: Path) -> None:
    from cueline.corpus.options import ReadingOptions

    account = Account(ReadingOptions(skip_bad=True))
    lines = [
        line("1", None, "go"),
        {"type": "hologram", "sessionId": "k"},
        line("2", "1", [{"type": "hologram"}], "m"),
        line("3", "2", words("fine"), "n"),
    ]
    assert read(tmp_path, lines, account) == [[("go", ("respond",), "fine")]]
    assert account.bad.count == 2
