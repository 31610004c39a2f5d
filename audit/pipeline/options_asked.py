"""Options of a target that its own settings do not record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audit.records import ClassifierOptions


def options_asked(options: ClassifierOptions) -> dict[str, Any]:
    """Return what was asked of a target besides its defaults, without any path of the machine."""
    given: dict[str, Any] = {
        "label_map": dict(options.label_map),
        "score_range": list(options.score_range) if options.score_range else None,
        "adapter": Path(options.adapter).name if options.adapter else None,
        "system": options.system,
        "quantize": options.quantize,
        "device_map": options.device_map,
    }
    return {name: value for name, value in given.items() if value}
