"""Engines: how requests reach a classifier."""

from audit.engines.cluster import RayEngine
from audit.engines.local import LocalEngine
from audit.engines.prompts import shard_of

__all__ = ["LocalEngine", "RayEngine", "shard_of"]
