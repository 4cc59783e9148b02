"""In: the ledger, claims, results of runs. Out: findings, such as a verdict on each published claim.

Must not know: colours, pages, command lines, which country it looks at.
"""
