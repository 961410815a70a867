"""What OpenTelemetry is told: spans, metrics, traces that go on, and never a user's words."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.testclient import TestClient

from cueline.dialogue import Turn
from cueline.errors import SettingsError
from cueline.server.domain.policies import Policies
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from cueline.server.telemetry.environment import asked_for, parts
from cueline.server.telemetry.instrumented import instrumented
from cueline.server.telemetry.parts import Parts
from cueline.server.telemetry.telemetry import Telemetry
from tests.server.acting import policy
from tests.server.serving import Served
from tests.server.test_app import LOCAL, opened

SECRET = "my pin is 481516"
CALLER = "00-{:032x}-{:016x}-01"


class Broken(MemoryStore):
    """Takes openings and nothing else."""

    async def append(self, write: Any) -> None:
        if write.seq:
            raise RuntimeError(f"cannot write {write.event!r}")
        await super().append(write)


class Told:
    """A service, and what it has told."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        meters = MeterProvider([self._reader], shutdown_on_exit=False)
        made_of = instrumented(Telemetry(tracers, meters))
        sessions = made_of.sessions(store or MemoryStore(), Policies(policy()))
        app = made_of.application(Service(sessions, answer=made_of.answer))
        self.client = TestClient(app, LOCAL, raise_server_exceptions=False)

    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def points(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        (resource,) = data.resource_metrics
        metrics = [metric for scope in resource.scope_metrics for metric in scope.metrics]
        return {metric.name: list(metric.data.data_points) for metric in metrics}

    def everything(self) -> str:
        return "".join(span.to_json() for span in self.spans()) + repr(self.points())


def test_a_turn_is_a_request_and_a_decision_within_it() -> None:
    told = Told()
    dialogue = opened(told.client, user="customer-42")
    told.client.post(f"/v1/dialogues/{dialogue}/turns", json={"user": "find me a table"})
    decision, _ = policy().act(Turn(user="find me a table"), policy().start())
    _, decided, request = told.spans()
    assert request.name == "POST /v1/dialogues/{dialogue}/turns"
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/v1/dialogues/{dialogue}/turns",
        "network.protocol.version": "1.1",
        "url.scheme": "http",
    }
    assert decided.name == f"chat {policy().hash}"
    assert decided.parent.span_id == request.context.span_id
    assert dict(decided.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "cueline",
        "gen_ai.conversation.id": dialogue,
        "gen_ai.request.model": policy().hash,
        "gen_ai.response.model": policy().hash,
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "cueline.actions": decision.actions,
        "cueline.confidence": decision.confidence,
        "cueline.reason": decision.reason,
        "cueline.repeated": False,
        "cueline.sure": decision.sure,
        "cueline.turn": 0,
    }


def test_so_is_a_chat_completion() -> None:
    told = Told()
    content = {"messages": [{"role": "user", "content": SECRET}], "model": SECRET}
    answer = told.client.post("/v1/chat/completions", json=content).json()
    decided, request = told.spans()
    assert decided.parent.span_id == request.context.span_id
    assert decided.attributes["gen_ai.response.model"] == policy().hash
    reasons = decided.attributes["gen_ai.response.finish_reasons"]
    assert reasons == (answer["choices"][0]["finish_reason"],)
    assert "gen_ai.conversation.id" not in decided.attributes


def test_every_turn_of_a_batch_is_a_decision_of_its_request() -> None:
    told = Told()
    batch = [{"dialogue": opened(told.client), "user": "yes"} for _ in range(5)]
    told.client.post("/v1/turns", json=batch)
    *decided, request = told.spans()[5:]
    assert {span.parent.span_id for span in decided} == {request.context.span_id}
    dialogues = [span.attributes["gen_ai.conversation.id"] for span in decided]
    assert sorted(dialogues) == sorted(turn["dialogue"] for turn in batch)


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
def test_the_trace_of_the_caller_goes_on(trace: int, span: int) -> None:
    told = Told()
    told.client.get("/healthz", headers={"traceparent": CALLER.format(trace, span)})
    (request,) = told.spans()
    assert request.context.trace_id == trace
    assert request.parent.span_id == span


@pytest.mark.parametrize("wrong", ["", "00", "ff-00-00-00", CALLER.format(0, 1), "é"])
def test_what_is_no_trace_of_a_caller_begins_one(wrong: str) -> None:
    told = Told()
    headers = {"traceparent": wrong.encode("latin-1")}
    assert told.client.get("/healthz", headers=headers).status_code == 200
    (request,) = told.spans()
    assert request.parent is None


def test_what_was_refused_and_what_broke_are_told_apart() -> None:
    told = Told(Broken())
    path = f"/v1/dialogues/{opened(told.client)}/turns"
    assert told.client.post(path, json={"user": SECRET, "turn": 7}).status_code == 409
    assert told.client.post(path, json={"user": SECRET}).status_code == 500
    assert told.client.get("/nowhere").status_code == 404
    _, late, refused, raised, broken, nowhere = told.spans()
    assert refused.status.status_code == StatusCode.UNSET  # the server did as it should
    assert "error.type" not in refused.attributes
    assert late.attributes["error.type"] == "TurnConflictError"
    assert raised.attributes["error.type"] == "RuntimeError"
    assert broken.attributes["error.type"] == "500"
    assert broken.status.status_code == StatusCode.ERROR
    assert nowhere.name == "GET"
    assert "http.route" not in nowhere.attributes
    assert "481516" not in told.everything()


def test_no_word_of_a_user_is_told() -> None:
    told = Told()
    path = f"/v1/dialogues/{opened(told.client, user='customer-42')}"
    turn = {"user": SECRET, "features": {"area": SECRET}, "system": SECRET}
    assert told.client.post(f"{path}/turns", json=turn).status_code == 200
    assert told.client.post(f"{path}/turns", json={"user": "no", "took": [SECRET]}).is_success
    told.client.post(f"{path}/turns/0/correction", json={"actions": [SECRET]})
    told.client.get("/v1/users/customer-42/dialogues")
    told.client.delete("/v1/users/customer-42")
    everything = told.everything()
    assert "481516" not in everything
    assert "customer-42" not in everything


def test_metrics_are_those_of_prometheus_and_how_long_things_took() -> None:
    told = Told()
    path = f"/v1/dialogues/{opened(told.client)}/turns"
    for text in ("find me a table", "zzz"):
        told.client.post(path, json={"user": text}, headers={"Idempotency-Key": text[0]})
    told.client.post(path, json={"user": "zzz"}, headers={"Idempotency-Key": "z"})
    points = told.points()
    assert sum(each.count for each in points["http.server.request.duration"]) == 4
    (decided,) = points["gen_ai.server.request.duration"]
    assert decided.count == 3
    assert decided.attributes["gen_ai.request.model"] == policy().hash
    assert points["cueline.confidence"][0].count == 2
    (repeated,) = points["cueline_repeated"]
    assert repeated.value == 1
    (stored,) = points["cueline_dialogues"]
    assert stored.value == 1
    asked = {each.attributes["route"]: each.value for each in points["cueline_requests"]}
    assert asked == {"/v1/dialogues": 1, "/v1/dialogues/{dialogue}/turns": 3}
    text = told.client.get("/metrics").text
    counted = {name: points[name][0].value for name in ("cueline_words", "cueline_unknown_words")}
    for name, value in counted.items():
        assert f"{name}_total {value}" in text


@pytest.mark.parametrize(
    ("environment", "signals"),
    [
        ({}, set()),
        ({"OTEL_SERVICE_NAME": "shop"}, set()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, {"TRACES", "METRICS"}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, {"TRACES"}),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318/v1/metrics"}, {"METRICS"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_TRACES_EXPORTER": "none"}, {"METRICS"}),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, {"METRICS"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_SDK_DISABLED": "TRUE"}, set()),
        (
            {
                "OTEL_TRACES_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            {"TRACES"},
        ),
    ],
)
def test_what_is_sent_is_what_the_environment_asks_for(
    environment: dict[str, str], signals: set[str]
) -> None:
    assert asked_for(environment) == signals


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"OTEL_TRACES_EXPORTER": "console"}, "OTEL_TRACES_EXPORTER=console"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
        ),
    ],
)
def test_what_it_cannot_have_is_refused(environment: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        parts(environment)


def test_without_the_extra_it_says_so_and_serves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in [name for name in sys.modules if name.startswith("cueline.server.telemetry.")]:
        if module.rpartition(".")[2] not in ("environment", "parts"):
            monkeypatch.delitem(sys.modules, module)
    for module in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.setitem(sys.modules, module, None)
    with caplog.at_level(logging.WARNING, "cueline.server"):
        assert parts({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}) == Parts()
    assert "cueline[otel]" in caplog.text


def test_nothing_of_it_is_imported_where_nobody_asks() -> None:
    probe = (
        "import sys, cueline.server.command\n"
        "from cueline.server.telemetry.environment import parts\n"
        "print(*parts({}), *sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert "cueline.server.domain.sessions.Sessions" in out.stdout
    assert "opentelemetry" not in out.stdout
    assert "telemetry.telemetry" not in out.stdout


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A receiver of OTLP over HTTP: its address, and what it got."""
    got: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


def test_a_collector_gets_it_all_once_the_server_stops(
    collector: tuple[str, list[tuple[str, bytes]]], tmp_path: Path
) -> None:
    url, got = collector
    policy().save(tmp_path / "policy")
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_SERVICE_NAME": "booking",
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
    }
    options = {"environment": environment, "store": "memory:"}
    with Served(tmp_path / "policy", tmp_path / "log", **options) as server:

        def post(path: str, content: object) -> Any:
            headers = {
                "Content-Type": "application/json",
                "traceparent": CALLER.format(7, 9),
            }
            request = Request(server.url + path, json.dumps(content).encode(), headers)
            return json.loads(urlopen(request, timeout=20).read())

        dialogue = post("/v1/dialogues", {})["id"]
        post(f"/v1/dialogues/{dialogue}/turns", {"user": SECRET})
    spans = [
        span
        for path, body in got
        if path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        if any(each.value.string_value == "booking" for each in resource.resource.attributes)
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    ours = [span.name for span in spans if span.trace_id == (7).to_bytes(16, "big")]
    assert f"chat {policy().hash}" in ours
    assert "POST /v1/dialogues/{dialogue}/turns" in ours
    metrics = {
        metric.name
        for path, body in got
        if path == "/v1/metrics"
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert {"http.server.request.duration", "cueline_turns"} <= metrics
    assert not any(SECRET.encode() in body for _, body in got)


def test_a_collector_that_is_away_holds_nothing_up(tmp_path: Path) -> None:
    policy().save(tmp_path / "policy")
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "10",
    }
    options = {"environment": environment, "store": "memory:"}
    with Served(tmp_path / "policy", tmp_path / "log", **options) as server:
        assert urlopen(f"{server.url}/readyz", timeout=20).status == 200
    assert '"message":"request"' in (tmp_path / "log").read_text()
