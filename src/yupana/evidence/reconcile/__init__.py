"""Comes in: a pack's ledger, its priors as written, and the balance that it declares (balance.yaml).
Goes out: reconciled quantities with intervals, what each datum did, and what to measure next.
Must not know: the model, runs, figures.
"""
