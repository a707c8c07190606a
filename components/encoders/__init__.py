"""What turns raw columns into numbers within a model: it travels with the model, by this name.

A model that was logged keeps the version of this package that it was trained with.
"""
