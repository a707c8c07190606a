"""Judge a dataset and its model: every test that is due, corrected together, as findings."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from conf.columns import CLASS, SCORE
from conf.profile_columns import ALL, COLUMN, DAY, NULLS, OUTCOMES, ROW_COUNT, ROWS, SCORED
from monitoring.day_counts import day_anomalies, freshness
from monitoring.distances import discoveries
from monitoring.drift import Suspicion, compare_shapes, is_far, suspicions_of
from monitoring.finding import Health, HealthFinding, gravest_first
from monitoring.performance import losses_of
from monitoring.telling import SHAPES, joined_nulls, most_telling
from monitoring.usual import FEWEST_ROWS, periods_of_training, usual_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conf.model import Model
    from conf.monitor import Monitor
    from monitoring.column_summary import ColumnSummary, Summaries, Watching
    from monitoring.performance import Performance

ARRIVAL_ORDER = "arrival"  # that of spark_jobs.ingest, whose room no command step has
OF_SCORES = (SCORE, CLASS)


def judge_health(
    watching: Watching,
    performance: Performance,
    model: Model,
    monitor: Monitor,
    *,
    model_version: str,
    label: str,
    as_of: dt.date | None,
    importance: Mapping[str, float],
) -> Health:
    """Judge period 0 against the training release, its days against their past, and the model.

    Tests by p-value are corrected together; distances have thresholds. `as_of` is the day that
    freshness is judged against; without it, it is not. What is found on all rows of a column is
    not told again of its slices.
    """
    current = watching.periods.get(0, {})
    last = watching.ends[0]
    first = last - dt.timedelta(monitor.period_days - 1)
    judged = [first + dt.timedelta(n) for n in range(monitor.period_days)]
    suspicions = list(_of_columns(watching, current, label=label, monitor=monitor))
    tested = [each for each in suspicions if each.p_value is not None]
    kept = discoveries(
        [each.p_value for each in tested if each.p_value is not None],
        share=monitor.thresholds.false_discoveries,
    )
    is_kept = {id(each): keep for each, keep in zip(tested, kept, strict=True)}
    found = most_telling([each for each in suspicions if is_kept.get(id(each), True)])
    of_days, silent = day_anomalies(watching.days, judged, label=label, monitor=monitor)
    null_columns = {each.column for each in found if each.kind == "nulls"}
    of_days = [e for e in of_days if e.kind != "null_rate" or e.column not in null_columns]
    stale, unknown = freshness(watching.days, as_of, monitor=monitor)
    losses = losses_of(performance, greater_is_better=model.greater_is_better)
    findings = [
        *(_finding(each, watching, monitor, last, importance) for each in [*found, *losses]),
        *(replace(each, importance=importance.get(each.column or "")) for each in of_days),
        *stale,
    ]
    rows = current.get(_of_all_rows(current))
    notes = (*silent, *unknown, *([performance.silent] if performance.silent else []))
    return Health(
        dataset=monitor.dataset,
        model_name=model.name,
        model_version=model_version,
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        rows=rows.rows if rows else 0,
        findings=gravest_first(joined_nulls(findings)),
        measured=_measured(performance),
        silent=notes,
    )


def with_scores_of_test(watching: Watching, scores: Summaries) -> Watching:
    """Add what scores are held against: those of test, since training has none of its own."""
    return replace(watching, reference={**watching.reference, **scores})


def day_of(as_of: str) -> dt.date | None:
    """Return the day, in UTC, of a moment as the pipelines state it; None where they state none.

    Raises ValueError for what is neither a moment nor ARRIVAL_ORDER.
    """
    if as_of == ARRIVAL_ORDER:
        return None
    moment = dt.datetime.fromisoformat(as_of)
    return (moment.astimezone(dt.UTC) if moment.tzinfo else moment).date()


def _of_all_rows(current: Summaries) -> tuple[str, str]:
    return (SCORED if (SCORED, ROW_COUNT) in current else ALL, ROW_COUNT)


def _of_columns(
    watching: Watching, current: Summaries, *, label: str, monitor: Monitor
) -> Iterator[Suspicion]:
    learnt = periods_of_training(watching, monitor=monitor)
    for (part, column), reference in watching.reference.items():
        if column in {*OUTCOMES, ROW_COUNT}:
            continue
        now = _current(current, part, column, label=label)
        if now is None:
            continue
        bins = watching.bins[column]
        usual = usual_of(watching, learnt, part, column, monitor=monitor)
        for each in suspicions_of(column, part, reference, now, bins, monitor=monitor, usual=usual):
            if column == label or column in OF_SCORES:
                # Outcomes come late, and what is scored is known: only their shape is judged.
                if each.kind == "drift":
                    yield _of_outcomes(each, label=label)
            else:
                yield each


def _of_outcomes(suspicion: Suspicion, *, label: str) -> Suspicion:
    """Name a drift of labels or scores as what it is; scores are held against those of test."""
    if suspicion.column == label:
        return replace(suspicion, kind="label_drift")
    cause = suspicion.cause.replace("of training", "of test").replace("in training", "on test")
    return replace(suspicion, kind="score_drift", cause=cause)


def _current(current: Summaries, part: str, column: str, *, label: str) -> ColumnSummary | None:
    """Return what is held against a slice of training: of all rows, those that were scored.

    Outcomes that nobody scored will do for the label.
    """
    scored = current.get((SCORED, column))
    if part != ALL or scored is None:
        return current.get((part, column))
    if column == label and scored.present < FEWEST_ROWS:
        return current.get((ALL, column))
    return scored


def _finding(
    suspicion: Suspicion,
    watching: Watching,
    monitor: Monitor,
    last: dt.date,
    importance: Mapping[str, float],
) -> HealthFinding:
    evidence = dict(suspicion.evidence)
    if suspicion.p_value is not None:
        evidence |= {
            "p_value": suspicion.p_value,
            "threshold": evidence.get("threshold", monitor.thresholds.false_discoveries),
        }
    return HealthFinding(
        kind=suspicion.kind,
        column=suspicion.column,
        slice=suspicion.slice,
        day=last.isoformat(),
        level=monitor.levels[suspicion.kind],
        cause=suspicion.cause,
        evidence=evidence,
        began=_began(suspicion, watching, monitor),
        importance=importance.get(suspicion.column),
    )


def _began(suspicion: Suspicion, watching: Watching, monitor: Monitor) -> str | None:
    """Return the first day of the periods without a break whose shape is beyond its threshold."""
    key = (suspicion.slice, suspicion.column)
    reference = watching.reference.get(key)
    if reference is None or suspicion.kind not in SHAPES:
        return _nulls_began(suspicion, watching, monitor) if suspicion.kind == "nulls" else None
    label = suspicion.column if suspicion.kind == "label_drift" else ""
    learnt = periods_of_training(watching, monitor=monitor)
    usual = usual_of(watching, learnt, *key, monitor=monitor)
    oldest = 0
    for period in sorted(watching.periods):
        summaries = watching.periods[period]
        now = _current(summaries, *key, label=label)
        if now is None or period - oldest > 1 or min(now.present, reference.present) < FEWEST_ROWS:
            break
        bins = watching.bins[suspicion.column]
        compared = compare_shapes(reference, now, bins, monitor=monitor)
        p_value = compared.get("p_value")
        is_chance = p_value is not None and float(p_value) > monitor.thresholds.false_discoveries
        if is_chance or not is_far(compared, reference, bins, monitor=monitor, usual=usual):
            break
        oldest = period
    first = watching.ends[oldest] - dt.timedelta(monitor.period_days - 1)
    return first.isoformat()


def _nulls_began(suspicion: Suspicion, watching: Watching, monitor: Monitor) -> str | None:
    """Return the first day of the newest ones without a break that have too many nulls."""
    if suspicion.slice != ALL:
        return None
    days = watching.days[watching.days[COLUMN] == suspicion.column]
    usual = float(suspicion.evidence.get("reference") or 0.0)
    began = None
    for _, day in days[days[DAY] <= watching.ends[0]].sort_values(DAY, ascending=False).iterrows():
        if day[NULLS] / day[ROWS] - usual < monitor.thresholds.rate_change:
            break
        began = day[DAY].isoformat()
    return began


def _measured(performance: Performance) -> dict[str, object]:
    def told(measured: Mapping[int, object]) -> dict[str, str]:
        return {str(period): str(interval) for period, interval in sorted(measured.items())}

    return {
        "metric": performance.metric,
        "tested": str(performance.tested),
        "estimated": told(performance.estimated),
        "realised": told(performance.realised),
        "labelled": {str(n): rows for n, rows in sorted(performance.labelled.items()) if rows},
        "calibration_error": performance.calibration_error,
    }
