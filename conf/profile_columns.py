"""The names in tables of profiles, which a Spark step writes and a command step reads."""

from __future__ import annotations

# The key of a profile, within the table of its dataset, together with its kind.
MODEL_NAME, DAY, SLICE, COLUMN = "model_name", "day", "slice", "column"
# What is counted of a column's values. A number that is none (NaN) or has no end counts as null.
KIND, ROWS, NULLS, DISTINCT = "kind", "rows", "nulls", "distinct"
MINIMUM, MAXIMUM, TOTAL, SQUARES = "minimum", "maximum", "total", "squares"
BINS, BIN_TOTALS = "bins", "bin_totals"
# Bins, as the training release made them: upper ends of those of numbers, values of those of texts.
EDGES, VALUES = "edges", "values"
REFERENCE = "reference"  # the fingerprint of the bins that rows are counted by
PERIOD = "period"  # 0 is the newest, 1 the one before

# Kinds of profiles. That of all rows has in BINS how many were in time, and how many late; those of
# arrivals and of rules have how many rows were quarantined, and stand for the day of arrival.
NUMBER, TEXT, ALL_ROWS, ARRIVALS, RULE = "number", "text", "rows", "arrivals", "rule"

# Slices, beside `<column>=<value>`.
ALL, SCORED = "all", "scored"
OTHER, NULL = "other", "null"

# Columns, beside features, label and scores.
ROW_COUNT, ARRIVED = "rows", "arrived"
# Scores of rows whose outcome is known, and of a regression the errors: measured without the rows.
POSITIVE_SCORE, NEGATIVE_SCORE, HIT = "score_of_positive", "score_of_negative", "hit"
ABSOLUTE_ERROR, SQUARED_ERROR = "absolute_error", "squared_error"
OUTCOMES = (POSITIVE_SCORE, NEGATIVE_SCORE, HIT, ABSOLUTE_ERROR, SQUARED_ERROR)
