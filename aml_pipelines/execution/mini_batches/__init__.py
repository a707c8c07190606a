"""Runs a script over mini-batches: of parallel nodes, and of batch deployments.

It runs in the node's own environment and imports nothing of this project: a node's folder gets a
copy of this package, which `staging` lays there.
"""
