"""The names of the columns that the lake adds to those of a dataset, each once.

They stand in conf, since the contract must refuse them, Spark jobs write them, and the command
component `score` reads them without Spark's code in its snapshot.
"""

from __future__ import annotations

# Bronze, one row a raw row: where it came from, and what of its file is no declared column.
ROW_ID = "_row_id"
INGESTION_ID = "_ingestion_id"
SOURCE_FILE = "_source_file"
FILE_SIZE = "_file_size"
FILE_MODIFIED = "_file_modified"
AS_OF = "_as_of"
SNAPSHOT = "_snapshot"  # of a source with snapshots alone: what was there at once, and the source
ARRIVAL = "_arrival"  # a number: what came by a later commit has a greater one
MALFORMED = "_malformed"
UNDECLARED = "_undeclared"
FILE_URI = "_file_uri"  # while files are read; SOURCE_FILE replaces it

# Bronze, of a row that is the repaired copy of another one alone: which it stands in for, what
# quarantine said of that, and by what, whom and as of when it was repaired.
REPAIRS = "_repairs"
BROKEN_BEFORE, ORIGINAL_BEFORE = "_broken_before", "_original_before"
REPAIR_FILE = "_repair_file"
REPAIRED_BY = "_repaired_by"
REPAIR_AS_OF = "_repair_as_of"

# What silver, and what features and batches, keep of it.
LINEAGE = (ROW_ID, INGESTION_ID, SOURCE_FILE, AS_OF)
FEATURE_LINEAGE = (ROW_ID, INGESTION_ID)

# Every table that is brought up to date row by row: two versions of a row differ in it.
ROW_HASH = "_row_hash"

# Quarantine and rejected rows. People read these, so they have plain names, which no dataset
# can declare.
BROKEN_RULES = "broken_rules"
ORIGINAL = "original"
REASON = "reason"

# The audit of what was judged anew: the copy of a row, what became of it, and the rules it breaks.
REPAIRED_AS, REPAIRED = "repaired_as", "repaired"
OUTCOME, STILL_BROKEN = "outcome", "still_broken"

# The history of entities: from when on a version held, and what ended it.
VALID_FROM, VALID_TO, ENDED_BY = "valid_from", "valid_to", "ended_by"

# Scores, beside the fields of spark_jobs.score_rows.ScoreRun.
SCORE = "score"
CLASS = "class"
PROBABILITIES = "probabilities"  # of each class by name, unless the classes are 0 and 1
INPUT_HASH = "input_hash"

# Scores that wait to be released: the batch that they are of, and what their commit will say.
BATCH, FACTS = "_batch", "_facts"
