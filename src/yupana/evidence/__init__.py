"""Comes in: a folder of cited data (a pack).
Goes out: checked packs, a ledger of measurements, observations of model variables, verdict rules.
Must not know: parameters, the model's equations, runs, figures.
"""
