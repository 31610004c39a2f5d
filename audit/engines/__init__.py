"""Engines: how requests reach a classifier."""

from audit.engines.local import LocalEngine

__all__ = ["LocalEngine"]
