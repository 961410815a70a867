"""Logs: one JSON object a line, without a word of what users said."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

log = logging.getLogger("cueline.server")


class JsonLines(logging.Formatter):
    """`time`, `level`, `message`, and what was handed over as `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def to_stderr(level: int = logging.INFO) -> None:
    """Send Cueline's and uvicorn's logs to stderr, as JSON lines."""
    # No line shows these, and looking them up takes half the time that a record does.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("cueline", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [handler], False
        logger.setLevel(level)


def request(fields: dict[str, Any]) -> None:
    """Log a request that was answered."""
    if log.isEnabledFor(logging.INFO):
        # Made by hand: looking up who called costs more than all the rest.
        record = logging.LogRecord(log.name, logging.INFO, __file__, 0, "request", (), None)
        record.fields = fields
        log.handle(record)
