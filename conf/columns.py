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

# The history of entities: from when on a version held, and what ended it.
VALID_FROM, VALID_TO, ENDED_BY = "valid_from", "valid_to", "ended_by"

# Scores, beside the fields of spark_jobs.score_rows.ScoreRun.
SCORE = "score"
CLASS = "class"
PROBABILITIES = "probabilities"  # of each class by name, unless the classes are 0 and 1
INPUT_HASH = "input_hash"

# Scores that wait to be released: the batch that they are of, and what their commit will say.
BATCH, FACTS = "_batch", "_facts"
