"""Comes in: a pack's ledger, the accounts it declares (accounts.yaml), and reconciled quantities with draws.
Goes out: illicit-flow accounts with intervals: what is earned at which stage, by whom, and what crosses over.
Must not know: the model, runs, figures.
"""
