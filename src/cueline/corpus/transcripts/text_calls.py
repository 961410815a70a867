"""Calls that a model writes into its words: `<tool_call>` and its relatives, and thoughts.

What stands between the tags is JSON with `name` and `arguments`, or several of them; all else is
said in words. What stands between `<think>` tags is nothing said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import calls
from cueline.corpus.transcripts.events import Call, Result
from cueline.corpus.transcripts.results import decoded
from cueline.errors import Place

_THOUGHT = re.compile(
    r"<(think|thinking|thought|scratch_pad|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
_END_OF_THOUGHT = re.compile(r"\A.*?</think>", re.DOTALL | re.IGNORECASE)
_CALL = re.compile(
    r"<tool_call>(?P<tagged>.*?)</tool_call>"
    r"|<function=(?P<name>[^>\s]+)>(?P<arguments>.*?)</function>"
    r"|<functioncall>(?P<glaive>.*?)(?:<\|endoftext\|>|\Z)"
    r"|\[TOOL_CALLS\](?P<mistral>.*?)(?:</s>|\Z)"
    r"|<\|python_tag\|>(?P<llama>\s*[\[{].*?)(?:<\|e[a-z_]*\|>|\Z)",
    re.DOTALL,
)
_ANSWER = re.compile(r"<tool_response>(.*?)</tool_response>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>]+)>(.*?)</parameter>", re.DOTALL)
_NAME = re.compile(r'"name"\s*:\s*"([^"]+)"')
_QUOTED = re.compile(r"\"arguments\"\s*:\s*'(.*)'\s*\}", re.DOTALL)
_MARKS = ("<", "[TOOL_CALLS]")
_RESULTS = '[{"name"'


def words_and_calls(text: str, place: Place, account: Account) -> Iterator[str | Call]:
    """The words and the calls in what the system wrote, in order; thoughts are left out."""
    if not any(mark in text for mark in _MARKS):
        yield text
        return
    said = without_thoughts(text, place, account)
    at = 0
    for found in _CALL.finditer(said):
        if words := said[at : found.start()].strip():
            yield words
        yield from _calls(found, place)
        at = found.end()
    if words := (said[at:].strip() if at else said):
        yield words


def without_thoughts(text: str, place: Place, account: Account) -> str:
    """`text` without what stands between the tags of thoughts."""
    said = _END_OF_THOUGHT.sub("", _THOUGHT.sub("", text)).strip()
    if len(said) == len(text.strip()):
        return text
    account.ignore("reasoning", place)
    return said


def answers(text: str) -> list[Result]:
    """Results that name their tools: between `<tool_response>` tags, or with `results` in a list.

    None where the text is anything else.
    """
    if text.startswith(_RESULTS):
        found = decoded(text)
        if isinstance(found, list) and all(_is_named(one) for one in found):
            return [Result(one["results"], name=one["name"]) for one in found]
    return [_result(decoded(found[1].strip())) for found in _ANSWER.finditer(text)]


def glaive_call(text: str, place: Place) -> Call:
    """A call whose arguments stand in single quotes, which are none of JSON's."""
    quoted = _QUOTED.search(text)
    name = _NAME.search(text[: quoted.start()] if quoted else text)
    if quoted is None or name is None:
        return next(iter(calls(text, place)))
    return Call(name[1], decoded(quoted[1]))


def _calls(found: re.Match[str], place: Place) -> Iterator[Call]:
    if found["glaive"] is not None:
        yield glaive_call(found["glaive"].strip(), place)
        return
    if found["name"] is not None:
        yield Call(found["name"], _parameters(found["arguments"]))
        return
    text = next(found[key] for key in ("tagged", "mistral", "llama") if found[key] is not None)
    inner = _CALL.search(text)
    if inner is not None:
        yield from _calls(inner, place)
        return
    yield from calls(text.strip(), place)


def _parameters(text: str) -> object:
    """The arguments between `<parameter=...>` tags, or as JSON."""
    named = {name: decoded(value.strip()) for name, value in _PARAMETER.findall(text)}
    return named or (decoded(text.strip()) if text.strip() else None)


def _result(value: object) -> Result:
    if isinstance(value, dict) and isinstance(value.get("name"), str) and "content" in value:
        return Result(value["content"], name=value["name"])
    return Result(value)


def _is_named(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"name", "results"}
