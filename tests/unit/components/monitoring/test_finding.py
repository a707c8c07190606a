"""The verdict names what matters most: the gravest finding, then of all rows, then important."""

from __future__ import annotations

from monitoring.finding import Health, HealthFinding, gravest_first


def finding(
    cause: str, importance: float, *, level: str = "warn", part: str = "all"
) -> HealthFinding:
    day = "2024-01-31"
    return HealthFinding("drift", cause, part, day, level, cause, {}, importance=importance)


def test_the_gravest_comes_first_and_a_slice_after_what_all_rows_show() -> None:
    findings = [
        finding("km", 0.1),
        finding("fare", 0.9, part="city=Ulm"),
        finding("hour", 0.3),
        finding("city", 0.0, level="retrain"),
    ]
    ordered = gravest_first(findings)
    assert [each.column for each in ordered] == ["city", "hour", "km", "fare"]
    health = Health("trips", "late", "1", "2024-01-01", "2024-01-31", 1200, ordered)
    judged = "trips: 1,200 rows of 2024-01-01 to 2024-01-31 are"
    assert health.verdict == f"{judged} not like before: city; 3 more findings"
    alone = Health("trips", "late", "1", "2024-01-01", "2024-01-31", 1200, ordered[:2])
    assert alone.verdict == f"{judged} not like before: city; 1 more finding"
    well = Health("trips", "late", "1", "2024-01-31", "2024-01-31", 1200, [])
    assert well.verdict == "trips: 1,200 rows of 2024-01-31 are like what late learnt from"
