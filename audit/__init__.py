"""Bias audits for text classifiers: probes in, paired gaps and an honest report out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from audit.oversight import Guard
    from audit.pipeline import run_audit
    from audit.probes import load_probe_set

__all__ = ["Guard", "__version__", "load_probe_set", "run_audit"]

_LAZY = {
    "Guard": "audit.oversight",
    "run_audit": "audit.pipeline",
    "load_probe_set": "audit.probes",
}


def __getattr__(name: str) -> Any:
    """Import the public functions on first use, so that ``import audit`` stays cheap."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'audit' has no attribute {name!r}")
