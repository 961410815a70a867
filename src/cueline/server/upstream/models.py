"""The models that may be asked for, as OpenAI's clients list them."""

from __future__ import annotations

from typing import Any, Literal

import httpx2 as http
import msgspec
from msgspec import Struct

from cueline.server.errors import RequestError
from cueline.server.upstream.apis import bearer
from cueline.server.upstream.cascade import Cascade

MAX_BYTES = 4_194_304


class ModelAnswer(Struct):
    """The policy."""

    id: str
    created: int = 0
    object: Literal["model"] = "model"
    owned_by: str = "cueline"


class ModelsAnswer(Struct):
    """The policy first, then the models of the upstream as it lists them."""

    data: list[Any]
    object: Literal["list"] = "list"


class _Listed(Struct):
    data: list[dict[str, Any]]


async def models(cascade: Cascade | None, policy: str) -> ModelsAnswer:
    """The policy with that hash, and what the upstream has."""
    own = ModelAnswer(policy)
    return ModelsAnswer([own] if cascade is None else [own, *await _listed(cascade)])


async def _listed(cascade: Cascade) -> list[dict[str, Any]]:
    """The models of the upstream; none where it does not list them."""
    to = cascade.upstream
    try:
        answer = await to.send("GET", "/models", [bearer(to.key)] if to.key else [])
        if answer.status_code != 200:
            await answer.aclose()
            return []
        return msgspec.json.decode(await to.read(answer, MAX_BYTES), type=_Listed).data
    except (RequestError, http.RequestError, msgspec.DecodeError):
        return []
