"""Comes in: plain numbers and words.
Goes out: errors, units, names, hashes, random streams and the table of settings.
Must not know: packs, models, runs, or anything else above it.
"""
