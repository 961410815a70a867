"""OpenAI chat messages as they stand in a file, as far as Cueline reads them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1)]


class Function(Struct):
    """A function called, with arguments that are mostly JSON in a string; or one offered."""

    name: Name
    arguments: str | dict[str, Any] | None = None


class ToolCall(Struct):
    """A call with the identifier that its result refers to."""

    function: Function
    id: str | None = None


class Message(Struct):
    """A message of any role."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    tool_call_id: str | None = None
    name: str | None = None

    @property
    def text(self) -> str:
        """The words of the message: its text parts, without images and the like."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content or ()
        texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
        return "\n".join(text for text in texts if isinstance(text, str)) or self.refusal or ""

    @property
    def calls(self) -> list[ToolCall]:
        """The tools called, in either notation."""
        calls = list(self.tool_calls or ())
        return [*calls, ToolCall(self.function_call)] if self.function_call else calls


class Tool(Struct):
    """A tool that the model could call; some kinds have no name."""

    function: Function | None = None
    name: str | None = None


class Chat(Struct):
    """A dialogue: its messages under either name, and the tools offered in either notation."""

    messages: list[Message] | None = None
    traj: list[Message] | None = None
    tools: list[Tool] | None = None
    functions: list[Function] | None = None

    @property
    def offered(self) -> list[str] | None:
        """The names of the tools offered, None where the file does not say."""
        if self.tools is None and self.functions is None:
            return None
        tools = [tool.function.name if tool.function else tool.name for tool in self.tools or ()]
        return [name for name in tools if name] + [f.name for f in self.functions or ()]
