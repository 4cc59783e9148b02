"""In: results and observations. Out: pictures, each with the numbers it shows beside it.

Must not know: how a run is computed or stored, what a pack's files look like.
"""
