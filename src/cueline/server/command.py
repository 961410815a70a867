"""`cueline serve`, `replay` and `collect`, and keys for callers, as plain functions."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from uvicorn.loops.auto import auto_loop_factory

from cueline import io
from cueline.corpus.formats import jsonl
from cueline.corpus.options import ReadingOptions
from cueline.errors import PolicyError, SettingsError
from cueline.evaluation.curve import Curve
from cueline.io import replacing
from cueline.policy import Policy
from cueline.policy.reading import read_for
from cueline.server import logs
from cueline.server.domain.audit import Head, ReplayReport, heads_of
from cueline.server.domain.audit import replay as replay_store
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.policies import MAX_LOADED, Policies
from cueline.server.domain.promotion_gate import PromotionGate, Share
from cueline.server.domain.retraining import Retraining
from cueline.server.domain.sessions import CACHED, Sessions
from cueline.server.domain.swap_log import SwapLog
from cueline.server.http_server import HttpServer, bind
from cueline.server.keys import KeyRecord, Keys, Scope, new_key
from cueline.server.limits import Limits
from cueline.server.service import Service
from cueline.server.stores.open import open_store
from cueline.server.telemetry.environment import parts
from cueline.server.upstream.cascade import Cascade
from cueline.server.upstream.client import Upstream
from cueline.server.upstream.settings import CascadeOptions, UpstreamSettings, key_of
from cueline.types import Map

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that answers lets one of the store's go on.

Those have little to do between waits; under load each would wait for Python's five milliseconds.
"""
STORE = "sqlite:cueline.db"


class GateSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy must reach before it is loaded into a running service."""

    corpus: str | None = None
    """Dialogues that it must decide right."""
    exact: Share = 0.0
    """Share of their turns whose whole set of actions must be right."""
    agreement: Share = 0.0
    """Share of live turns at which it must decide what was decided."""


class ServeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`cueline serve --config FILE` (TOML)."""

    limits: Limits = Limits()
    gate: GateSettings = GateSettings()
    cached: int = CACHED
    """Dialogues whose state is kept in memory."""
    upstream: UpstreamSettings = UpstreamSettings()

    @classmethod
    def read(cls, path: Path) -> ServeSettings:
        """Settings from a TOML file. Raises `SettingsError` with the place."""
        return io.read(path, cls, SettingsError, "toml")


def serve(
    policy: Path,
    *,
    store: str = STORE,
    host: str = "127.0.0.1",
    port: int = 8000,
    keys: Path | None = None,
    policies: Path | None = None,
    config: Path | None = None,
    log_text: bool = False,
    risk: float | None = None,
    coverage: float | None = None,
    corpus: Sequence[Path] = (),
    curve: Path | None = None,
    teach: bool = False,
    options: ReadingOptions | None = None,
    cascade: CascadeOptions | None = None,
) -> None:
    """Serve `policy` until a signal stops it.

    `keys` is the file of API keys; without it only a loopback `host` is taken. `policies` is a
    folder of policies: those in it are loaded, and more may be while the service runs. `risk` and
    `coverage` hold for all of them. `corpus` is what there is to look at on the page, read as
    `options` say; `curve` is a learning curve to draw there. With `teach` it may train the policy
    further on what was corrected; new policies go to `policies`, or else to a folder beside
    `policy`. `cascade` says which model is asked where the policy is not sure.
    """
    settings = ServeSettings() if config is None else ServeSettings.read(config)
    if keys is None and not _loopback(host):
        raise SettingsError(
            f"--host {host}: others could reach the service there, so it wants --keys FILE; make "
            "one with `cueline key`"
        )
    known = None if keys is None else Keys.read(keys)
    if teach and policies is None:
        policies = policy.with_name(f"{policy.name}-taught")
        policies.mkdir(exist_ok=True)
    chosen = {"risk": risk, "coverage": coverage}
    first, *others = (one.at(**chosen) for one in (Policy.load(policy), *_in(policies)))
    loaded = Policies(first, others)
    if teach and policies:
        loaded.follow(SwapLog(policies))
    shown = list(read_for(first, corpus, options)) if corpus else []
    points = Curve.load(curve).points if curve else []
    gate = settings.gate
    must = [] if gate.corpus is None else list(read_for(first, gate.corpus))
    logs.to_stderr()
    made_of = parts()
    sys.setswitchinterval(SWITCH_INTERVAL)

    async def work() -> None:
        opened = await open_store(store)
        sessions = made_of.sessions(opened, loaded, settings.limits, cached=settings.cached)
        service = Service(
            sessions,
            known,
            PromotionGate(must, gate.exact, gate.agreement),
            policies,
            log_text,
            **chosen,
            corpus=shown,
            curve=points,
            teaching=Retraining(sessions, policies) if teach and policies else None,
            cascade=None if cascade is None else _cascade(cascade, settings, sessions),
            answer=made_of.answer,
        )
        # Sessions are many, live long and hold no cycles: looking through all of them for garbage,
        # as Python does by default, would stop every dialogue for as long as it takes.
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)
        await HttpServer(made_of.application(service), service, bound).serve()

    with bind(host, port) as bound, asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work())


def replay(
    policies: Sequence[Path],
    *,
    store: str = STORE,
    tolerance: float = 0.0,
    heads: Path | None = None,
    against: Path | None = None,
    mapped: Map = map,
) -> ReplayReport:
    """Recompute every stored decision with `policies`; the report says what differs.

    `heads` is a file that `collect` wrote: what was stored then must be there still. `against` is a
    policy that did not decide: the report says how often it would have decided the same.
    """
    before = io.read(heads, dict[str, Head], SettingsError) if heads else None

    async def work() -> ReplayReport:
        opened = await open_store(store, create=False)
        try:
            known = map(Policy.load, policies)
            other = None if against is None else Policy.load(against)
            return await replay_store(opened, known, tolerance, before, other, mapped)
        finally:
            await opened.close()

    return asyncio.run(work())


def collect(
    out: Path, *, store: str = STORE, corrected: bool = False, heads: Path | None = None
) -> int:
    """Write the dialogues of `store`, corrections applied, as a corpus; return how many.

    With `corrected`, only those that someone corrected. `heads` is a file for the last hash of each
    dialogue, to hold a `replay` to. Raises `StoreError` at an event that is not as it was stored.
    """

    async def work() -> int:
        opened, count = await open_store(store, create=False), 0
        try:
            with replacing(out) as file:
                async for dialogue in as_corpus(opened, corrected=corrected, check=True):
                    file.write(jsonl.encode(dialogue) + b"\n")
                    count += 1
            if heads is not None:
                with replacing(heads) as file:
                    file.write(msgspec.json.format(msgspec.json.encode(await heads_of(opened))))
            return count
        finally:
            await opened.close()

    return asyncio.run(work())


def key(file: Path, name: str, scopes: Sequence[Scope] = ("act", "read")) -> str:
    """Add a key to `file` and return it; the file keeps only its hash."""
    records = io.read(file, list[KeyRecord], SettingsError) if file.exists() else []
    if any(record.name == name for record in records):
        raise SettingsError(f"{file}: there is a key named {name!r}; choose another name")
    secret, record = new_key(name, list(scopes))
    with replacing(file) as out:
        out.write(msgspec.json.format(msgspec.json.encode([*records, record]), indent=1))
    return secret


def _cascade(options: CascadeOptions, settings: ServeSettings, sessions: Sessions) -> Cascade:
    upstream = Upstream(options.url, key_of(os.environ), settings.upstream)
    return Cascade(upstream, sessions, options, settings.limits.agent_body)


def _in(folder: Path | None) -> list[Policy]:
    """The policies in `folder`, the latest if there are too many."""
    if folder is None:
        return []
    if not folder.is_dir():
        raise PolicyError(f"{folder}: no such folder; --policies wants one with policies in it")
    found = [path for path in folder.iterdir() if (path / "policy.json").is_file()]
    found.sort(key=lambda path: path.stat().st_mtime)
    return [Policy.load(path) for path in found[1 - MAX_LOADED :]]


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
