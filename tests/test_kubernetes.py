"""What stands in `deploy/kubernetes` is what Kubernetes takes, and what the service has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cueline.cli import app
from cueline.server.routes import operations

kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing")

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes"


def resources() -> dict[str, Any]:
    """By kind."""
    (listed,) = yaml.safe_load_all((FOLDER / "kustomization.yaml").read_text())
    files = {name: yaml.safe_load((FOLDER / name).read_text()) for name in listed["resources"]}
    assert {*files, "kustomization.yaml"} == {path.name for path in FOLDER.iterdir()}
    return {one["kind"]: one for one in files.values()}


KINDS = resources()


def container() -> Any:
    (one,) = KINDS["Deployment"]["spec"]["template"]["spec"]["containers"]
    return one


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_what_kubernetes_takes(kind: str) -> None:
    kubernetes.validate(KINDS[kind], kubernetes.latest_version(), strict=True)


def test_the_server_is_started_as_it_can_be() -> None:
    command, bound, _ = app.parse_args(["serve", *container()["args"]], exit_on_error=False)
    assert command.__name__ == "serve"
    assert bound.arguments["host"] == "0.0.0.0" and "keys" in bound.arguments


def test_what_the_arguments_name_is_mounted() -> None:
    mounted = [one["mountPath"] for one in container()["volumeMounts"]]
    named = [one.removeprefix("@") for one in container()["args"] if one.lstrip("@")[0] == "/"]
    assert len(named) == 3
    assert all(any(name.startswith(path) for path in mounted) for name in named)
    volumes = KINDS["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert {one["name"] for one in volumes} == {one["name"] for one in container()["volumeMounts"]}


def test_probes_ask_for_what_there_is() -> None:
    probes = {name: one["httpGet"]["path"] for name, one in container().items() if "Probe" in name}
    assert len(probes) == 3
    assert {*probes.values()} <= {route.path for route in operations.routes}
    assert probes["livenessProbe"] == "/healthz", "a store that is away must not restart servers"


def test_all_speak_of_the_same_servers() -> None:
    labels = KINDS["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    for kind in ("Deployment", "Service", "PodDisruptionBudget"):
        selector = KINDS[kind]["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels
    ports = {one["name"] for one in container()["ports"]}
    assert {one["targetPort"] for one in KINDS["Service"]["spec"]["ports"]} <= ports
    (rule,) = KINDS["Ingress"]["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == KINDS["Service"]["metadata"]["name"]
    scaled = KINDS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert scaled["name"] == KINDS["Deployment"]["metadata"]["name"]
