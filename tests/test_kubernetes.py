"""What stands in `deploy/kubernetes` is what Kubernetes takes, and what the service has."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from cueline.cli import app
from cueline.server.routes import operations

kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing")

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes"


POOLER = FOLDER / "pooler"


def resources(folder: Path) -> dict[str, Any]:
    """By kind."""
    (listed,) = yaml.safe_load_all((folder / "kustomization.yaml").read_text())
    files = {name: yaml.safe_load((folder / name).read_text()) for name in listed["resources"]}
    made = [name for one in listed.get("configMapGenerator", ()) for name in one["files"]]
    there = {path.name for path in folder.iterdir() if path.is_file()}
    assert {*files, *made, "kustomization.yaml"} == there
    return {one["kind"]: one for one in files.values()}


KINDS, POOLED = resources(FOLDER), resources(POOLER)


def container(kinds: dict[str, Any] = KINDS) -> Any:
    (one,) = kinds["Deployment"]["spec"]["template"]["spec"]["containers"]
    return one


@pytest.mark.parametrize("one", [*KINDS.values(), *POOLED.values()], ids=lambda one: one["kind"])
def test_each_is_what_kubernetes_takes(one: dict[str, Any]) -> None:
    kubernetes.validate(one, kubernetes.latest_version(), strict=True)


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
    pooler = POOLED["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    for kind in ("Deployment", "Service", "PodDisruptionBudget"):
        for kinds, ours, others in ((KINDS, labels, pooler), (POOLED, pooler, labels)):
            selector = kinds[kind]["spec"]["selector"]
            selected = selector.get("matchLabels", selector).items()
            assert selected <= ours and not selected <= others
    ports = {one["name"] for one in container()["ports"]}
    assert {one["targetPort"] for one in KINDS["Service"]["spec"]["ports"]} <= ports
    (rule,) = KINDS["Ingress"]["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == KINDS["Service"]["metadata"]["name"]
    scaled = KINDS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert scaled["name"] == KINDS["Deployment"]["metadata"]["name"]


def pooler() -> Any:
    settings = ConfigParser()
    settings.read(POOLER / "pgbouncer.ini")
    return settings["pgbouncer"]


def test_the_pooler_has_a_connection_for_each_that_a_server_keeps() -> None:
    scaler, rollout = KINDS["HorizontalPodAutoscaler"]["spec"], KINDS["Deployment"]["spec"]
    servers = scaler["maxReplicas"] + rollout["strategy"]["rollingUpdate"]["maxSurge"]
    size = pooler().getint("default_pool_size")
    assert 2 * servers <= size, "one pooler alone must carry all servers"
    replicas, postgres = POOLED["Deployment"]["spec"]["replicas"], 100 - 3
    assert replicas * size <= postgres
    assert pooler()["pool_mode"] == "session"


def test_the_pooler_finds_what_it_is_given() -> None:
    mounted = {one["name"]: one["mountPath"] for one in container(POOLED)["volumeMounts"]}
    volumes = POOLED["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert mounted.keys() == {one["name"] for one in volumes}
    assert container(POOLED)["command"][-1] == f"{mounted['config']}/pgbouncer.ini"
    assert pooler()["auth_file"].startswith(mounted["users"])
    (port,) = container(POOLED)["ports"]
    assert port["containerPort"] == pooler().getint("listen_port")
    (service,) = POOLED["Service"]["spec"]["ports"]
    assert service["targetPort"] == port["name"]
