"""Whether anything goes to OpenTelemetry, as its own variables of the environment say.

What else they say (the endpoint, headers, sampling, intervals) the SDK reads by itself.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from cueline.errors import SettingsError
from cueline.server.telemetry.parts import Parts

log = logging.getLogger("cueline.server")

SIGNALS = ("TRACES", "METRICS")
PROTOCOL = "http/protobuf"


def parts(environment: Mapping[str, str] = os.environ) -> Parts:
    """What to make a server of, so that it tells what it is asked for.

    Raises `SettingsError` at what the variables ask for and cannot have.
    """
    signals = asked_for(environment)
    if not signals:
        return Parts()
    try:
        from cueline.server.telemetry.instrumented import instrumented
        from cueline.server.telemetry.otlp import exporting
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith("opentelemetry"):
            raise
        log.warning(
            "the environment asks for OpenTelemetry, which is not installed: nothing is sent; "
            "pip install 'cueline[otel]', or set OTEL_SDK_DISABLED=true"
        )
        return Parts()
    return instrumented(exporting(signals))


def asked_for(environment: Mapping[str, str]) -> frozenset[str]:
    """Those of `SIGNALS` that are to be sent: they have an endpoint, or an exporter is named."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return frozenset()
    return frozenset(signal for signal in SIGNALS if _asked_for(signal, environment))


def _asked_for(signal: str, environment: Mapping[str, str]) -> bool:
    named = f"OTEL_{signal}_EXPORTER"
    exporter = environment.get(named, "")
    if exporter not in ("", "otlp", "none"):
        raise SettingsError(f"{named}={exporter}: Cueline has otlp alone; set that, or none")
    places = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    if exporter == "none" or not (exporter or any(map(environment.get, places))):
        return False
    for variable in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        protocol = environment.get(variable)
        if protocol == PROTOCOL:  # that of the signal counts before that of all
            break
        if protocol:
            raise SettingsError(f"{variable}={protocol}: Cueline speaks {PROTOCOL}; set that")
    return True
