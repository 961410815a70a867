"""What agents were answered is in the store: as a corpus it says what the upstream really did."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import openai
import pytest

from cueline.corpus import read_all
from cueline.dialogue import Dialogue
from cueline.server.command import collect, replay
from tests.server.acting import policy
from tests.server.serving import Served
from tests.server.upstream.scripted import Scripted
from tests.server.upstream.test_cascade import TOOLS

WORDS = ["find me a table", "for two in paris", "yes thanks"]


class Agent:
    """Calls what the model calls, and says that it is done."""

    def __init__(self, client: openai.OpenAI, **options: Any) -> None:
        self._client, self._options = client, options
        self.messages: list[Any] = []

    def hears(self, text: str) -> None:
        """The user says `text`; until the model answers in words, its calls are made."""
        self.messages.append({"role": "user", "content": text})
        while True:
            answer = self._client.chat.completions.create(
                model="big", messages=self.messages, tools=TOOLS, **self._options
            )
            if self._options.get("stream"):
                message = gathered(answer)
            else:
                message = answer.choices[0].message.model_dump(exclude_none=True)
            self.messages.append(message)
            if "tool_calls" not in message:
                return
            for call in message["tool_calls"]:
                result = {"role": "tool", "tool_call_id": call["id"], "content": '{"done": 1}'}
                self.messages.append(result)


def gathered(stream: Any) -> dict[str, Any]:
    """The message that a stream adds up to."""
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    calls: dict[int, Any] = {}
    for chunk in stream:
        for choice in chunk.choices:
            message["content"] += choice.delta.content or ""
            for part in choice.delta.tool_calls or ():
                call = calls.setdefault(
                    part.index,
                    {"id": part.id, "type": "function", "function": {"name": "", "arguments": ""}},
                )
                call["function"]["name"] += part.function.name or ""
                call["function"]["arguments"] += part.function.arguments or ""
    if calls:
        message["tool_calls"] = list(calls.values())
    return message


def calls_then_says(asked: dict[str, Any]) -> Any:
    """The user's words are answered by a call, and its result by words."""
    if asked["messages"][-1]["role"] == "user":
        return {"book": {"people": len(asked["messages"]), "name": "é"}}
    return f"Booked number {len(asked['messages'])}."


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    policy(0, sure_from=1.1).save(tmp_path / "policy")
    return tmp_path / "policy"


def serving(saved: Path, upstream: Scripted, **options: Any) -> Served:
    folder = saved.parent
    return Served(
        saved,
        folder / "log",
        store=f"sqlite:{folder / 'kept.db'}",
        upstream=upstream.url,
        record=True,
        **options,
    )


def collected(saved: Path) -> list[Dialogue]:
    folder = saved.parent
    count = collect(folder / "kept.jsonl", store=f"sqlite:{folder / 'kept.db'}")
    return list(read_all([folder / "kept.jsonl"])) if count else []


def is_clean(saved: Path) -> bool:
    report = replay([saved], store=f"sqlite:{saved.parent / 'kept.db'}")
    assert report.differences == []
    return report.clean


@pytest.mark.parametrize("stream", [False, True])
def test_turns_of_the_upstream_are_a_corpus_of_what_it_did(saved: Path, stream: bool) -> None:
    with Scripted(calls_then_says) as upstream, serving(saved, upstream) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
        agents = [Agent(client, stream=stream, user=f"u{n}") for n in range(3)]
        for text in WORDS:
            for agent in agents:  # all say the same, so nobody knows who is who
                agent.hears(text)
        for n in range(3):
            answer = urllib.request.urlopen(f"{server.url}/v1/users/u{n}/dialogues", timeout=20)
            assert answer.read().count(b'"id"') == 1, "each user's are their own, to erase"
    dialogues = collected(saved)
    assert len(dialogues) == 3
    for dialogue in dialogues:
        turns = dialogue.turns
        assert [turn.user for turn in turns] == [WORDS[0], None, WORDS[1], None, WORDS[2], None]
        assert [turn.actions for turn in turns] == [("book",), ("respond",)] * 3
        assert turns[0].arguments == {"book": ({"people": 1, "name": "é"},)}
        assert turns[1].system == "Booked number 3."
        assert turns[1].results == {"book": ({"done": 1},)}
        assert turns[0].available is not None
    assert is_clean(saved)


def test_a_restart_begins_a_dialogue_anew_with_all_of_its_turns(saved: Path) -> None:
    with Scripted(calls_then_says) as upstream:
        messages: list[Any] = []
        for text in WORDS[:2]:
            with serving(saved, upstream) as server:
                client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none")
                agent = Agent(client)
                agent.messages = messages
                agent.hears(text)
    lengths = sorted(len(dialogue.turns) for dialogue in collected(saved))
    assert lengths == [2, 4]
    assert is_clean(saved)


def test_what_is_answered_here_is_kept_too(tmp_path: Path) -> None:
    policy(0, sure_from=0.0).save(tmp_path / "policy")
    with Scripted() as upstream, serving(tmp_path / "policy", upstream) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
        answer = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "find me a table"}], tools=TOOLS
        )
    called = [call.function.name for call in answer.choices[0].message.tool_calls or ()]
    (dialogue,) = collected(tmp_path / "policy")
    assert list(dialogue.turns[0].actions or ()) == called
    assert is_clean(tmp_path / "policy")


@pytest.mark.parametrize(
    ("server_says", "caller_says"), [({"record": False}, {}), ({}, {"store": False})]
)
def test_nothing_is_kept_unless_both_agree(
    saved: Path, server_says: dict[str, Any], caller_says: dict[str, Any]
) -> None:
    with Scripted() as upstream:
        server = serving(saved, upstream)
        if server_says:
            server._arguments.remove("--record")
        with server:
            client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
            client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "hi"}], **caller_says
            )
    assert collected(saved) == []


def test_what_was_erased_does_not_come_back(saved: Path) -> None:
    with Scripted(calls_then_says) as upstream, serving(saved, upstream) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
        agent = Agent(client, user="ann")
        agent.hears("find me a table")
        erase = urllib.request.Request(f"{server.url}/v1/users/ann", method="DELETE")
        assert b'"erased":1' in urllib.request.urlopen(erase, timeout=20).read()
        agent.hears("yes thanks")
    assert collected(saved) == []
