"""Messages with a role and content, as most dialects have them, to events.

A dialect says which keys and parts its messages have; the roles and the order of things are the
same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field, structs

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import calls
from cueline.corpus.transcripts.closed_world import (
    as_object,
    as_text,
    check_keys,
    inner,
    kind_of,
    refuse,
    unknown,
)
from cueline.corpus.transcripts.events import (
    STEP_ENDED,
    Call,
    Event,
    Result,
    StepEnded,
    SystemSaid,
    TurnUsage,
    UserSaid,
)
from cueline.corpus.transcripts.text_calls import answers, words_and_calls
from cueline.corpus.transcripts.usage import measured_keys, usage_in
from cueline.errors import Place

Part = str | Call | Result | StepEnded
"""What a part of a message is: words, a call, a result or the end of a step."""
ReadPart = Callable[[dict[str, Any], Place, Account], Iterator[Part]]
AsChat = Callable[[dict[str, Any], Place, Account], tuple[dict[str, Any], Place]]
ReadWords = Callable[[str, Place, Account], Iterator[str | Call]]
ROLES = {
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
    "system": "system",
    "developer": "system",
}
"""The roles that OpenAI has, to those that there are."""
USER_CALLS = "calls of tools by the user"
USER_RESULTS = "results of calls by the user"
EMPTY = "message without content"


class MessageReader(Struct, frozen=True):
    """How the messages of a dialect are read."""

    keys: frozenset[str]
    """The keys that are read."""
    ignored: frozenset[str]
    """The keys that are passed over, and counted."""
    reasoning: frozenset[str]
    """The keys that hold thoughts: a message with these alone is none."""
    parts: Mapping[str, ReadPart]
    """How parts of the content are read, by their type."""
    ignored_parts: frozenset[str]
    """The types of parts that are passed over, and counted."""
    roles: Mapping[str, str] = field(default_factory=lambda: ROLES)
    words: ReadWords = words_and_calls
    """Finds the calls in what the system says in words."""
    role_key: str = "role"
    content_key: str = "content"
    target: bool = True
    """Whether anything here is to be learned."""
    returns_parts: bool = False
    """Whether what a tool returned is parts of known types, where it is a list; not any list."""
    marks: frozenset[str] = frozenset()
    """Keys of which a message has one, where not all messages have a role."""
    as_chat: AsChat | None = None
    """Makes one with a role and content of a message, and says where its keys stand."""
    extra: ReadPart | None = None
    """What else a whole message holds, such as calls under a key of its own."""

    def events(self, message: Any, place: Place, account: Account) -> Iterator[Event]:
        """What happens in a message; the system's own ends with the end of a step."""
        message = as_object(message, place, "a message")
        if self.as_chat is not None:
            message, place = self.as_chat(message, place, account)
        role = self.role(message, place)
        if not message.keys() <= self.keys:
            self._check_keys(message, place, account)
        if role == "system":
            account.ignore("system message", place)
            return
        if role == "tool":
            yield from self._results(message, place, account)
            return
        if role == "call":
            yield from calls(message.get(self.content_key), inner(place, self.content_key))
            yield STEP_ENDED
            return
        parts = list(self._parts(message, role, place, account))
        if not parts and not self._has_content(message):
            refuse(place, f"a message of {message.get('role')!r} without content that is known")
        target = self.target and is_target(message)
        yield from _spoken(parts, role, place, account, target, usage_in(message))

    def is_message(self, value: Mapping[str, Any]) -> bool:
        """Whether an object may be a message, not a record that holds some."""
        return self.role_key in value or bool(self.marks & value.keys())

    def _check_keys(self, message: dict[str, Any], place: Place, account: Account) -> None:
        read = self.keys | self.reasoning | measured_keys(message)
        check_keys(message, place, account, read, self.ignored, "key of a message")
        for key in self.reasoning & message.keys():
            if message[key]:
                account.ignore("reasoning", place)

    def role(self, message: Mapping[str, Any], place: Place) -> str:
        """One of `user`, `assistant`, `tool` and `system`."""
        role = message.get(self.role_key)
        if not isinstance(role, str):
            refuse(place, f"a message whose `{self.role_key}` is {kind_of(role)}")
        known = self.roles.get(role) or self.roles.get(role.lower())
        if known is None:
            unknown(place, "a message of a role", role)
        return known

    def content(self, content: Any, place: Place, account: Account) -> Iterator[Part]:
        """What the `content` of a message is: words, or a list of parts."""
        if content is None:
            return
        if not isinstance(content, list):
            if isinstance(content, dict):
                yield from self._part(content, place, account)
                return
            yield as_text(content, place, "the content")
            return
        for number, part in enumerate(content):
            where = inner(place, number)
            if isinstance(part, str):
                yield part
            else:
                yield from self._part(as_object(part, where, "a part of content"), where, account)

    def _part(self, part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
        type = part.get("type")
        read = self.parts.get(type) if isinstance(type, str) else None
        if read is not None:
            yield from read(part, place, account)
        elif isinstance(type, str) and type in self.ignored_parts:
            account.ignore(f"part `{type}`", place)
        else:
            unknown(place, "a part of content", type)

    def _parts(
        self, message: dict[str, Any], role: str, place: Place, account: Account
    ) -> Iterator[Part]:
        for part in self.content(
            message.get(self.content_key), inner(place, self.content_key), account
        ):
            if isinstance(part, str) and role == "assistant":
                yield from self.words(part, place, account)
            else:
                yield part
        if self.extra is not None:
            yield from self.extra(message, place, account)
        if message.get("refusal"):
            yield as_text(message["refusal"], inner(place, "refusal"), "a refusal")
        if isinstance(message.get("audio"), dict) and message["audio"].get("transcript"):
            yield as_text(message["audio"]["transcript"], place, "a transcript")
        for key in ("tool_calls", "function_call"):
            if message.get(key):
                yield from calls(message[key], inner(place, key))

    def _has_content(self, message: Mapping[str, Any]) -> bool:
        """Whether a message that says nothing at least has a place for it, or a thought."""
        if any(message.get(key) for key in self.reasoning):
            return True
        return message.get(self.content_key) is not None or bool(message.get("audio"))

    def _results(self, message: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
        if message.get("requestor") == "user":
            account.ignore(USER_RESULTS, place)
            return
        if self.content_key not in message:
            refuse(place, f"a message of {message.get('role')!r} without `{self.content_key}`")
        id, name = message.get("tool_call_id"), message.get("name")
        if id is None and "requestor" in message:
            id = message.get("id")
        failed = message.get("error") is True or message.get("is_error") is True
        content = message[self.content_key]
        if isinstance(content, list) and (self.returns_parts or self._are_parts(content)):
            parts = list(self.content(content, inner(place, self.content_key), account))
            found = [part for part in parts if isinstance(part, Result)]
            yield from found
            if found:
                return
            content = "\n".join(part for part in parts if isinstance(part, str))
        if isinstance(content, str) and (tagged := answers(content)):
            yield from tagged
            return
        yield Result(content, None if id is None else str(id), name or None, failed)

    def _are_parts(self, content: list[Any]) -> bool:
        """Whether a result is a list of parts that are known, and not a list of anything else."""
        types = [part.get("type") if isinstance(part, dict) else part for part in content]
        known = self.parts.keys() | self.ignored_parts
        return bool(content) and all(isinstance(type, str) and type in known for type in types)


def is_target(message: Mapping[str, Any]) -> bool:
    """Whether the message is one to learn from: `weight` 0, `train` and `loss` false say no."""
    kept = message.get("weight") != 0 and message.get("loss") != 0
    return kept and message.get("train") is not False


def text_part(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    """A part with `text`."""
    yield as_text(part.get("text"), inner(place, "text"), "the text of a part")


def _spoken(
    parts: list[Part],
    role: str,
    place: Place,
    account: Account,
    target: bool,
    usage: TurnUsage | None,
) -> Iterator[Event]:
    """What a user or the system said and did, in order."""
    if role == "user":
        yield from _heard(parts, place, account)
        return
    done = False
    for part in parts:
        if not isinstance(part, str):
            is_call = isinstance(part, Call)
            yield structs.replace(part, target=target) if is_call and not target else part
            done = True
        elif part:
            yield SystemSaid(part, target)
            done = True
    if done:
        yield STEP_ENDED if usage is None else StepEnded(usage)
    else:
        account.ignore(EMPTY, place)


def _heard(parts: list[Part], place: Place, account: Account) -> Iterator[Event]:
    """Results as they come, and the words together; words that are none are still heard."""
    words: list[str] = []
    for part in parts:
        if isinstance(part, str):
            tagged = answers(part)
            yield from tagged
            words += [] if tagged else [part]
        elif isinstance(part, Call):
            account.ignore(USER_CALLS, place)
        else:
            yield part
    if words or not parts:
        yield UserSaid("\n".join(word for word in words if word))
