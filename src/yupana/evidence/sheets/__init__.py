"""Comes in: a spreadsheet or CSV file with facts, and a pack.
Goes out: the facts added to the pack, or every reason why not; sheets to fill; sheets of what a pack holds.
Must not know: parameters, the model, runs.

A sheet is read into grids of cells (`excel`, `separated`), a grid into rows of known columns (`headers`,
`cells`), rows into a copy of the pack that is checked whole (`staging`), and only then into the pack
(`appending`).
"""
