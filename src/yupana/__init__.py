"""Yupana: an open laboratory for illicit economies."""

__version__ = "0.1.0"
