"""In: a pack's settings, draws and scenarios. Out: a run folder: one immutable file a chunk and a manifest.

Must not know: labelled arrays, quantiles, findings, pictures; what a variable means beyond its unit.
"""
