"""The promise is watched over real HTTP: shown first, then kept, and what breaks it is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cueline.dialogue import Turn
from tests.server.acting import WORDS, policy
from tests.server.serving import Served
from tests.server.upstream.scripted import Scripted
from tests.server.upstream.test_cascade import TOOLS
from tests.server.upstream.test_failures import until

SEEDED = "tests.server.upstream.seeded"
NAMES = (*(tool["function"]["name"] for tool in TOOLS), "respond")


def decided(text: str) -> tuple[str, ...]:
    acting = policy()
    return acting.act(Turn(text, available=NAMES), acting.start())[0].actions


TEXTS = [
    text
    for text in (f"{first} {second}" for first in WORDS for second in WORDS)
    if decided(text) and "respond" not in decided(text)
]


def as_the_policy(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: {} for name in decided(asked["messages"][-1]["content"])}


def otherwise(asked: dict[str, Any]) -> dict[str, Any]:
    return {"offer": {}, "close": {}, "ask_area": {}}


@pytest.fixture
def upstream() -> Iterator[Scripted]:
    with Scripted(as_the_policy) as upstream:
        yield upstream


class Service:
    """A served policy, and agents that ask it."""

    def __init__(self, folder: Path, upstream: Scripted, **options: Any) -> None:
        policy().save(folder / "policy")
        store = f"sqlite:{folder / 'kept.db'}"
        to = {"module": SEEDED, "store": store, "upstream": upstream.url} | options
        self.served = Served(folder / "policy", folder / f"log-{len(options)}", **to)
        self._client = httpx.Client(timeout=20)
        self._count = 0

    def __enter__(self) -> Service:
        self.served.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.stop()
        self._client.close()

    def asks(self, times: int) -> list[str]:
        """Why each of several turns was answered where it was."""
        reasons = []
        for _ in range(times):
            self._count += 1
            text = TEXTS[self._count % len(TEXTS)]
            asked = {"messages": [{"role": "user", "content": text}], "tools": TOOLS}
            url = f"{self.served.url}/v1/chat/completions"
            named = {"x-request-id": str(self._count)}  # what a draw depends on, beside its seed
            answer = self._client.post(url, json=asked, headers=named)
            assert answer.status_code == 200
            reasons.append(answer.headers["cueline-because"])
        return reasons

    def gets(self, path: str) -> Any:
        return self._client.get(f"{self.served.url}{path}").json()

    def posts(self, path: str, content: Any) -> httpx.Response:
        return self._client.post(f"{self.served.url}{path}", json=content)

    def erases(self, dialogue: str) -> None:
        self._client.delete(f"{self.served.url}/v1/dialogues/{dialogue}").raise_for_status()

    def metric(self, name: str) -> float:
        text = self._client.get(f"{self.served.url}/metrics").text
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        assert found is not None, name
        return float(found[1])


def test_a_policy_is_trusted_once_it_has_shown_its_worth_and_no_longer_than_that(
    tmp_path: Path, upstream: Scripted
) -> None:
    with Service(tmp_path, upstream, audit=0.1) as service:
        assert set(service.asks(50)) == {"risk"}
        stands = service.gets("/v1/cascade")
        assert (stands["standing"], stands["threshold"], stands["promised"]) == (
            "unproven",
            None,
            0.05,
        )
        after = service.asks(100) + service.asks(300)
        assert after.count("sure") > 200 and after.count("audit") > 5
        stands = service.gets("/v1/cascade")
        assert (stands["standing"], stands["threshold"]) == ("answers", 0.0)
        turns = stands["turns"]
        assert turns == {one: after.count(one) + 50 * (one == "risk") for one in turns}
        assert sum(turns.values()) == 450
        assert stands["deferred"] == pytest.approx(1 - turns["sure"] / 450)
        assert stands["upper_bound"] <= 0.05 == service.metric("cueline_risk_promised")
        changes = [point["standing"] for point in stands["history"]]
        assert changes == sorted(changes, key=["unproven", "answers"].index)
        assert service.gets(f"/v1/cascade?policy={stands['policy']}")["levels"] == stands["levels"]
        assert service.gets("/v1/cascade?policy=0123456789abcdef")["status"] == 409
        assert service.gets("/readyz")["cascade"]["standing"] == "answers"
        audited = service.metric('cueline_audits_total{wrong="false"}')
        assert until(lambda: service.gets("/v1/cascade")["audits"] == audited)
    with Service(tmp_path, upstream, audit=0.1, host="localhost") as service:
        assert "sure" in service.asks(20), "what was shown is not forgotten"
        upstream.script = otherwise
        for _ in range(200):
            service.asks(10)
            if service.gets("/v1/cascade")["standing"] == "broken":
                break
        assert set(service.asks(20)) == {"risk"}
        assert service.gets("/readyz")["status"] == "ready"
        assert service.gets("/readyz")["cascade"]["answers_from"] is None
        assert service.metric("cueline_answers_from") == float("inf")
        assert service.metric("cueline_risk_upper_bound") > 0.05
        upstream.script = as_the_policy
        assert "sure" in service.asks(500), "and it is forgiven with evidence"


@pytest.mark.slow
def test_servers_on_one_store_know_the_same(tmp_path: Path, upstream: Scripted) -> None:
    with (
        Service(tmp_path, upstream, audit=0.1) as one,
        Service(tmp_path, upstream, audit=0.1, host="localhost") as other,
    ):
        for _ in range(5):
            one.asks(10)
            other.asks(10)
        for each in (one, other):
            assert until(lambda each=each: each.gets("/v1/cascade")["audits"] == 100)
        one.asks(60)
        assert until(lambda: "sure" in other.asks(5))


def test_where_the_upstream_is_away_what_nothing_stands_against_is_answered(
    tmp_path: Path, upstream: Scripted
) -> None:
    with Service(tmp_path, upstream, audit=1.0) as service:
        upstream.stop()
        assert set(service.asks(3)) == {"away"}


def test_in_the_shadow_nothing_is_answered_here(tmp_path: Path, upstream: Scripted) -> None:
    with Service(tmp_path, upstream, shadow=True) as service:
        assert set(service.asks(150)) == {"shadow"}
        stands = service.gets("/v1/cascade")
        assert stands["shadow"] and stands["audits"] == 150
    with Service(tmp_path, upstream, audit=0.01) as service:
        assert "sure" in service.asks(10), "what was seen in the shadow counts"
