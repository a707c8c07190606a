"""Shapes triggers and monitors in the service's own spellings, as recorded sessions have them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.triggers import zone_named
from aml_pipelines.workspace.http.fields import list_in, mapping, mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.fields import JsonObject

_TIME = "%Y-%m-%dT%H:%M:%S"
# Fields that were never given; of other signals than this one, no session says which there are.
_SIGNALS: Mapping[str, JsonObject] = {
    "DataDrift": dict.fromkeys(("properties", "features", "dataSegment", "featureDataTypeOverride"))
}
_DATA = ("productionData", "referenceData")


def trigger_view(trigger: JsonObject) -> dict[str, object]:
    """Return a trigger with every field that it has."""
    shown = {**dict.fromkeys(("endTime", "startTime")), **trigger}
    if "frequency" in trigger:
        shown["frequency"] = str(trigger["frequency"]).capitalize()
    if pattern := mapping_in(trigger, "schedule"):
        days = [str(day).capitalize() for day in list_in(pattern, "weekDays")]
        named = {"weekDays": days} if days else {}
        shown["schedule"] = {"monthDays": None, **pattern, **named}
    return shown


def begun_trigger(trigger: JsonObject, created_at: float) -> dict[str, object]:
    """Return a trigger, which begins when it was made if it was given no other time."""
    shown = trigger_view(trigger)
    if not shown["startTime"]:
        zone = zone_named(str(trigger.get("timeZone") or "UTC"))
        shown["startTime"] = (
            datetime.fromtimestamp(created_at, UTC).astimezone(zone).strftime(_TIME)
        )
    return shown


def monitor_view(definition: JsonObject) -> dict[str, object]:
    """Return the definition of a monitor with every field that it has."""
    unset = dict.fromkeys(("monitoringTarget", "alertNotificationSetting"))
    signals = mapping_in(definition, "signals").items()
    return {
        **unset,
        **definition,
        "signals": {name: _signal(mapping(signal)) for name, signal in signals},
    }


def _signal(signal: JsonObject) -> dict[str, object]:
    data = {name: _data(mapping(signal[name])) for name in _DATA if signal.get(name)}
    thresholds = [_threshold(mapping(item)) for item in list_in(signal, "metricThresholds")]
    named = {"metricThresholds": thresholds} if thresholds else {}
    return {**_SIGNALS.get(str(signal.get("signalType")), {}), **signal, **data, **named}


def _data(data: JsonObject) -> dict[str, object]:
    return {**dict.fromkeys(("columns", "preprocessingComponentId")), **data}


def _threshold(threshold: JsonObject) -> dict[str, object]:
    metric = str(threshold.get("metric"))
    return {**threshold, "metric": metric[:1].upper() + metric[1:]}
