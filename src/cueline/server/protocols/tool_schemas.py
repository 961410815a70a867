"""Arguments against the JSON schema that a request gives for its tool."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

import msgspec
from jsonschema_rs import FancyRegexOptions, ReferencingError, Validator, validator_for

BACKTRACKS = 10_000
"""Steps back that a pattern may take: it comes from a caller."""


def fits(arguments: Mapping[str, Any], schema: Any) -> bool:
    """Whether `arguments` are valid by `schema`; any are where it is None.

    They are not where nobody can tell, as it is no schema or refers to another document.
    """
    if schema is None:
        return True
    try:
        return _validator(msgspec.json.encode(schema)).is_valid(dict(arguments))
    except (ValueError, ReferencingError):
        return False


@lru_cache(maxsize=1_000)
def _validator(schema: bytes) -> Validator:
    patterns = FancyRegexOptions(backtrack_limit=BACKTRACKS)
    decoded = msgspec.json.decode(schema)
    return validator_for(decoded, retriever=_nowhere, pattern_options=patterns)


def _nowhere(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")
