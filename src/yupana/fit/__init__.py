"""Comes in: the ledger's observations, the priors, and the model.
Goes out: posterior draws of the same type as prior draws, gates, scores.
Must not know: runs, results, figures.
"""
