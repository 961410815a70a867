"""Events in Redis: for teams that already run it with an append-only file.

A dialogue is a Redis list, and its length is the next free place. As safe as Redis is set up to
be: run it with `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from cueline.server.errors import (
    DialogueNotFoundError,
    SequenceConflictError,
    StoreUnavailableError,
)
from cueline.server.stores.base import DEADLINE, LEAP, PAGE, Write
from cueline.server.stores.group_commit import GroupCommit, Outcome

T = TypeVar("T")
log = logging.getLogger("cueline.server")

_PREFIX = "cueline:"
_IDS, _TOUCHED, _USERS = _PREFIX + "ids", _PREFIX + "touched", _PREFIX + "users"
_ERASURES, _PROBE, _CLOCK = _PREFIX + "erasures", _PREFIX + "probe", _PREFIX + "clock"
SAFE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
"""Settings of Redis with which it keeps what it has acknowledged."""

# The last of KEYS: clock
_NOW = f"""
local shown = redis.call('TIME')
shown = shown[1] + shown[2] / 1000000
local looked = redis.call('HMGET', KEYS[#KEYS], 'looked', 'time')
local now = shown
if looked[1] then
  now = looked[2] + math.min(math.max(shown - looked[1], 0), {LEAP})
end
now = string.format('%.6f', now)
"""
_TICK = f"{_NOW} redis.call('HSET', KEYS[1], 'looked', string.format('%.6f', shown), 'time', now)"
# One command for a batch, so that it costs one flush of the append-only file.
# KEYS: ids, touched, users, clock; ARGV: prefix of events, prefix of users, and for each write its
# dialogue, seq, event, user (empty for none) and what the event before must end with
_APPEND = f"""{_NOW}
local outcomes = {{}}
for n = 3, #ARGV, 5 do
  local dialogue, seq, user, follows = ARGV[n], tonumber(ARGV[n + 1]), ARGV[n + 3], ARGV[n + 4]
  local events = ARGV[1] .. dialogue
  local length = redis.call('LLEN', events)
  local outcome = 0
  if length == 0 and seq > 0 then outcome = 2
  elseif length ~= seq then outcome = 1
  elseif follows ~= '' and string.sub(redis.call('LINDEX', events, -1), -#follows) ~= follows then
    outcome = 1
  else
    redis.call('RPUSH', events, ARGV[n + 2])
    redis.call('ZADD', KEYS[2], 'GT', now, dialogue)
    if seq == 0 then
      redis.call('ZADD', KEYS[1], 0, dialogue)
      if user ~= '' then
        redis.call('HSET', KEYS[3], dialogue, user)
        redis.call('ZADD', ARGV[2] .. user, 0, dialogue)
      end
    end
  end
  outcomes[#outcomes + 1] = outcome
end
return outcomes
"""
# KEYS: events, ids, touched, users, erasures; ARGV: dialogue, prefix of the users' keys, touched
# before
_ERASE = """
if ARGV[3] then
  local touched = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]))
  if not touched or touched >= tonumber(ARGV[3]) then return 0 end
end
local user = redis.call('HGET', KEYS[4], ARGV[1])
if user then
  redis.call('HDEL', KEYS[4], ARGV[1])
  redis.call('ZREM', ARGV[2] .. user, ARGV[1])
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('INCR', KEYS[5])
return redis.call('DEL', KEYS[1])
"""


class RedisStore:
    """Lists of events, and sorted sets to find dialogues by id, by user and by age."""

    def __init__(self, url: str) -> None:
        # No retries inside the client: only who asked can know whether a write may be repeated.
        self._redis: Any = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=DEADLINE,
            socket_timeout=DEADLINE,
        )
        self._group = GroupCommit(self._commit)

    @classmethod
    async def open(cls, url: str) -> RedisStore:
        """The store at `url`; warns where Redis would lose what it has acknowledged."""
        store = cls(url)
        for name, safe in SAFE.items():
            found = (await _setting(store._redis, name)) or "unknown"
            if found != safe:
                log.warning("Redis may lose turns: %s is %s; set it to %s", name, found, safe)
        return store

    async def append(self, write: Write) -> None:
        """Add the event at its place."""
        await self._group.write(write)

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from `start` on."""
        return await self._guarded(self._redis.lrange(_events(dialogue), start, -1))

    async def events_of(self, dialogues: Sequence[str]) -> list[list[bytes]]:
        """All events of each dialogue."""
        calls = self._redis.pipeline(transaction=False)
        for dialogue in dialogues:
            calls.lrange(_events(dialogue), 0, -1)
        found: list[list[bytes]] = await self._guarded(calls.execute())
        return found

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next dialogues."""
        ids = _IDS if user is None else _of_user(user)
        call = self._redis.zrangebylex(ids, f"({after}", "+", start=0, num=PAGE)
        found = await self._guarded(call)
        return [dialogue.decode() for dialogue in found]

    async def erase(self, dialogue: str) -> bool:
        """Erase the dialogue."""
        return bool(await self._erase(dialogue))

    async def tick(self) -> None:
        """Look at the clock."""
        await self._guarded(self._redis.eval(_TICK, 1, _CLOCK))

    async def expire(self, quiet: float) -> list[str]:
        """Erase dialogues that have been quiet."""
        before = await self._now() - quiet
        call = self._redis.zrangebyscore(_TOUCHED, "-inf", f"({before}", start=0, num=PAGE)
        old = [dialogue.decode() for dialogue in await self._guarded(call)]
        return [dialogue for dialogue in old if await self._erase(dialogue, repr(before))]

    async def count(self, quiet: float | None = None) -> int:
        """How many dialogues there are."""
        if quiet is None:
            return int(await self._guarded(self._redis.zcard(_IDS)))
        before = f"({await self._now() - quiet}"
        return int(await self._guarded(self._redis.zcount(_TOUCHED, "-inf", before)))

    async def erasures(self) -> int:
        """How many there were."""
        return int(await self._guarded(self._redis.get(_ERASURES)) or 0)

    async def check(self) -> None:
        """Write something, where it changes nothing."""
        await self._guarded(self._redis.set(_PROBE, b""))

    async def close(self) -> None:
        """Finish writing and close the connections."""
        await self._group.close()
        await self._redis.aclose()

    async def _commit(self, batch: Sequence[Write]) -> list[Outcome]:
        values: list[Any] = [_events(""), _of_user("")]
        for write in batch:
            values += [write.dialogue, write.seq, write.event, write.user or "", write.follows]
        call = self._redis.eval(_APPEND, 4, _IDS, _TOUCHED, _USERS, _CLOCK, *values)
        outcomes = await self._guarded(call)
        return [_outcome(*each) for each in zip(batch, outcomes, strict=True)]

    async def _now(self) -> float:
        return float(await self._guarded(self._redis.eval(f"{_NOW} return now", 1, _CLOCK)))

    async def _erase(self, dialogue: str, *before: str) -> int:
        keys = [_events(dialogue), _IDS, _TOUCHED, _USERS, _ERASURES]
        values = [dialogue, _of_user(""), *before]
        return int(await self._guarded(self._redis.eval(_ERASE, len(keys), *keys, *values)))

    async def _guarded(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except (RedisError, OSError) as error:
            # Other connections are as dead, maybe: none is waited for, each for its deadline.
            await self._redis.connection_pool.disconnect(inuse_connections=False)
            raise StoreUnavailableError(f"Redis cannot go on: {error}") from error


async def _setting(redis: Any, name: str) -> str | None:
    """A setting of Redis; None where whoever hosts it keeps it to themselves."""
    try:
        return str((await redis.config_get(name)).get(name))
    except ResponseError:
        return None
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(f"Redis cannot go on: {error}") from error


def _events(dialogue: str) -> str:
    return f"{_PREFIX}dialogue:{dialogue}"


def _of_user(user: str) -> str:
    return f"{_PREFIX}user:{user}"


def _outcome(write: Write, outcome: int) -> Outcome:
    return (None, SequenceConflictError(write.dialogue), DialogueNotFoundError(write.dialogue))[
        outcome
    ]
