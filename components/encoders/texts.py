"""Texts as counts of words, of a bounded number of columns whatever the words are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def word_weights(columns: int) -> Pipeline:
    """Return what turns a column of texts into `columns` weights of words (tf-idf).

    A word's column is its hash, so that new words need none; a missing text has no words.
    """
    # Signs would take words that share a column off each other, below zero.
    hashed = HashingVectorizer(n_features=columns, alternate_sign=False, norm=None)
    return make_pipeline(FunctionTransformer(documents_of), hashed, TfidfTransformer())


def documents_of(texts: pd.Series) -> NDArray[np.object_]:
    """Return texts as they are, and the empty text for a missing one."""
    return np.asarray(texts.where(texts.notna(), ""), dtype=object)
