"""The service that a competent developer writes in an afternoon, to measure ours beside.

    uvicorn's defaults, FastAPI, pydantic, and one SQLite file with a durable insert a request

A policy decides in the process; a dialogue's state is kept in a dictionary, and made again from the
rows where another process went on with it. There are no retries, no order, no limits and no
erasure in it: it does less than ours.

    python -m benchmarks.service.plain serve policy --store sqlite:plain.db --port 8001
"""

from __future__ import annotations

import argparse
import secrets
import sqlite3
from pathlib import Path
from typing import Annotated

import msgspec
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from uvicorn.config import LOGGING_CONFIG

from cueline.dialogue import Turn
from cueline.policy import Policy, State

SCHEMA = """
CREATE TABLE IF NOT EXISTS dialogue (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS turn (
  dialogue TEXT NOT NULL, number INTEGER NOT NULL, said TEXT NOT NULL, decision TEXT NOT NULL,
  PRIMARY KEY (dialogue, number)
);
"""
Value = str | bool | int | float | None | list[str]


class Said(BaseModel):
    user: Annotated[str, Field(max_length=8000)] | None
    features: dict[str, Value] = {}


class Opened(BaseModel):
    id: str


class Decided(BaseModel):
    turn: int
    actions: list[str]
    probabilities: dict[str, float]
    sure: bool
    reason: str
    confidence: float


def application(policy: Policy, file: str) -> FastAPI:
    app = FastAPI()
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=30)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.executescript(SCHEMA)
    states: dict[str, tuple[int, State]] = {}

    @app.get("/healthz")
    async def healthy() -> str:
        return "ok"

    # Not handed to threads (`def` in place of `async def`): that is slower, since SQLite lets one
    # of them write at a time, and they wait for each other's turn at the interpreter as well.
    @app.post("/v1/dialogues", status_code=201)
    async def open_dialogue() -> Opened:
        dialogue = secrets.token_urlsafe(12)
        db.execute("INSERT INTO dialogue VALUES (?)", (dialogue,))
        states[dialogue] = 0, policy.start()
        return Opened(id=dialogue)

    @app.post("/v1/dialogues/{dialogue}/turns")
    async def step(dialogue: str, said: Said) -> Decided:
        number, state = states.get(dialogue) or rebuilt(dialogue)
        turn = Turn(said.user, said.features)
        decision, state = policy.act(turn, state)
        answer = Decided(
            turn=number,
            actions=list(decision.actions),
            probabilities=decision.probabilities,
            sure=decision.sure,
            reason=decision.reason,
            confidence=decision.confidence,
        )
        row = (dialogue, number, said.model_dump_json(), answer.model_dump_json())
        db.execute("INSERT INTO turn VALUES (?, ?, ?, ?)", row)
        states[dialogue] = number + 1, state
        return answer

    def rebuilt(dialogue: str) -> tuple[int, State]:
        if not db.execute("SELECT 1 FROM dialogue WHERE id = ?", (dialogue,)).fetchone():
            raise HTTPException(404, "no such dialogue")
        number, state = 0, policy.start()
        rows = db.execute("SELECT said FROM turn WHERE dialogue = ? ORDER BY number", (dialogue,))
        for number, (said,) in enumerate(rows, start=1):  # noqa: B007
            _, state = policy.act(msgspec.json.decode(said, type=Turn), state)
        return number, state

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("policy", type=Path)
    parser.add_argument("--store", default="sqlite:plain.db")
    parser.add_argument("--port", type=int, default=8001)
    asked = parser.parse_args()
    app = application(Policy.load(asked.policy), asked.store.removeprefix("sqlite:"))
    # Where ours logs too.
    LOGGING_CONFIG["handlers"]["access"]["stream"] = "ext://sys.stderr"
    uvicorn.run(app, port=asked.port)


if __name__ == "__main__":
    main()
