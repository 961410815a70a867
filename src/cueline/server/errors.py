"""What can go wrong while dialogues are live, each with its HTTP status and title."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from cueline.errors import CuelineError


class ServerError(CuelineError):
    """The root of what goes wrong live."""


class StoreError(ServerError):
    """A store did not do what it was asked to."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or cannot write; whether a write happened is not known."""

    status, title = 503, "Store unavailable"


class DialogueNotFoundError(StoreError):
    """It was never opened, or it was erased, or it expired."""

    status, title = 404, "No such dialogue"

    def __init__(self, dialogue: str) -> None:
        super().__init__(f"no dialogue {dialogue!r}: never opened, erased or expired; open one")


class SequenceConflictError(StoreError):
    """Another event of the dialogue was stored first: what was computed is out of date."""

    status, title = 409, "Turn out of order"

    def __init__(self, dialogue: str) -> None:
        super().__init__(f"dialogue {dialogue!r} has moved on; read it and try again")


class TurnConflictError(ServerError):
    """A turn that is not the next one, or that lost to another sent at the same time."""

    status, title = 409, "Turn out of order"

    def __init__(self, what: str, next_turn: int | None = None) -> None:
        super().__init__(what)
        self.next_turn = next_turn


class IdempotencyKeyReusedError(ServerError):
    """An `Idempotency-Key` that came before with a different request."""

    status, title = 422, "Idempotency-Key reused"


class TurnNotFoundError(ServerError):
    """A turn that the dialogue does not have."""

    status, title = 404, "No such turn"


class ResponseNotFoundError(ServerError):
    """It was never kept, or its conversation was erased, or expired."""

    status, title = 404, "No such response"

    def __init__(self, response: str) -> None:
        super().__init__(f"no response {response!r}: not kept, erased or expired; send all items")


class NothingToShowError(ServerError):
    """Nothing to look at."""

    status, title = 404, "Nothing there"


class LimitExceededError(ServerError):
    """Beyond a limit of the service; the message names it."""

    status, title = 422, "Too much"


class CapacityError(ServerError):
    """The service holds as many dialogues, or the dialogue as many turns, as it may."""

    status, title = 409, "Full"


class PolicyRefusedError(ServerError):
    """A policy change that is refused: not loaded, or its gate is shut."""

    status, title = 409, "Policy not allowed"


class RequestError(ServerError):
    """A request that is refused as such, with the status that says so."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.title = status, HTTPStatus(status).phrase
        self.headers = dict(headers or {})


class ThreadNotKeptError(RequestError):
    """A request that sends only what is new of a conversation, of which nothing is kept here."""

    details: Mapping[str, Any] = {
        "error_code": "thread_unsupported_request",
        "unsupported": ["thread"],
    }
    """By these, Anthropic's clients know to send it again with all of its messages."""

    def __init__(self) -> None:
        super().__init__(400, "thread: no conversation is kept here; send all messages, without it")
