"""What can go wrong while dialogues are live; `problems` says how each looks over HTTP."""

from __future__ import annotations

from cueline.errors import CuelineError


class ServerError(CuelineError):
    """The root of what goes wrong live."""


class StoreError(ServerError):
    """A store did not do what it was asked to."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or cannot write; whether a write happened is not known."""


class DialogueNotFoundError(StoreError):
    """It was never opened, or it was erased, or it expired."""

    def __init__(self, dialogue: str) -> None:
        super().__init__(f"no dialogue {dialogue!r}: never opened, erased or expired; open one")


class SequenceConflictError(StoreError):
    """Another event of the dialogue was stored first: what was computed is out of date."""

    def __init__(self, dialogue: str) -> None:
        super().__init__(f"dialogue {dialogue!r} has moved on; read it and try again")


class TurnConflictError(ServerError):
    """A turn that is not the next one, or that lost to another sent at the same time."""

    def __init__(self, what: str, next_turn: int | None = None) -> None:
        super().__init__(what)
        self.next_turn = next_turn


class IdempotencyKeyReusedError(ServerError):
    """An `Idempotency-Key` that came before with a different turn."""


class TurnNotFoundError(ServerError):
    """A turn that the dialogue does not have."""


class NothingToShowError(ServerError):
    """Nothing to look at."""


class LimitExceededError(ServerError):
    """Beyond a limit of the service; the message names it."""


class CapacityError(ServerError):
    """The service holds as many dialogues, or the dialogue as many turns, as it may."""


class PolicyRefusedError(ServerError):
    """A policy change that is refused: not loaded, or its gate is shut."""
