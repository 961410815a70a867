"""A person as auditor: drawn turns are answered here, then judged, each once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cueline.errors import SettingsError
from cueline.server.upstream.settings import CascadeOptions
from tests.server.upstream.scripted import Scripted
from tests.server.upstream.test_failures import until
from tests.server.upstream.test_watched import Service, as_the_policy


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    options = {"audit": 0.5, "auditor": "person", "record": True}
    with Scripted(as_the_policy) as upstream, Service(tmp_path, upstream, **options) as service:
        yield service


def test_what_a_person_says_is_evidence_and_a_correction(service: Service) -> None:
    assert set(service.asks(120)) == {"risk"}, "what goes there anyway is judged there"
    reasons = service.asks(30)
    assert "asked" in reasons and "audit" not in reasons
    drawn = reasons.count("asked")
    waits = "/v1/cascade/question"
    assert until(lambda: service.gets(waits)["waiting"] == drawn)
    before = service.gets("/v1/cascade")
    assert before["deferred"] == pytest.approx(sum(r == "risk" for r in reasons) / 150 + 120 / 150)

    first = service.gets(waits)["first"]
    right = {"question": first["question"], "actions": first["decision"]["actions"]}
    later = right | {"question": first["question"] + 1}
    assert service.posts(waits, later).status_code == 409, "none is passed over"
    assert service.posts(waits, right).json() == {"wrong": False}
    assert service.posts(waits, right).status_code == 409, "each counts once"

    second = service.gets(waits)["first"]
    assert second["question"] != first["question"]
    wrong = {"question": second["question"], "actions": ["close"], "author": "Ann"}
    assert wrong["actions"] != second["decision"]["actions"]
    assert service.posts(waits, wrong).json() == {"wrong": True}
    after = service.gets("/v1/cascade")
    assert after["audits"] == before["audits"] + 2
    assert after["levels"][0]["wrong"] == before["levels"][0]["wrong"] + 1
    (row,) = [one for one in service.gets("/v1/corrections")["rows"] if one["author"] == "Ann"]
    assert (row["id"], row["turn"]) == (second["dialogue"], second["turn"])

    third = service.gets(waits)["first"]
    service.erases(third["dialogue"])
    gone = {"question": third["question"], "actions": ["close"]}
    assert service.posts(waits, gone).status_code == 409
    assert service.gets(waits)["waiting"] == drawn - 3, "what is gone counts neither way"
    assert service.gets("/v1/cascade")["audits"] == before["audits"] + 2


def test_a_person_reads_what_was_said_so_it_must_be_kept() -> None:
    with pytest.raises(SettingsError, match="--record"):
        CascadeOptions.of("http://host", audit=0.1, auditor="person")
    with pytest.raises(SettingsError, match="--audit SHARE"):
        CascadeOptions.of("http://host", record=True, auditor="person")
