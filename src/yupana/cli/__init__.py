"""Command line verbs; each calls one function of the package below."""
