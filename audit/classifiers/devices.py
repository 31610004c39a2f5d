"""Which device a model runs on, and in which number format."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from audit.errors import ConfigError, MissingExtraError
from audit.records import ClassifierOptions

if TYPE_CHECKING:
    import torch

_DTYPES = {
    "fp32": "float32",
    "float32": "float32",
    "bf16": "bfloat16",
    "bfloat16": "bfloat16",
    "fp16": "float16",
    "float16": "float16",
}


def choose_device(name: str) -> str:
    """Return ``cpu``, ``cuda`` or ``mps``; ``auto`` takes the fastest there is.

    Raises
    ------
    ConfigError
        If the device is unknown or not there.
    """
    import torch

    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return next(device for device, is_there in there.items() if is_there)
    kind = name.partition(":")[0]
    if kind not in there:
        raise ConfigError(
            f"there is no device called {name!r}",
            where=f"--device {name}",
            hint="write auto, cpu, cuda or mps",
        )
    if not there[kind]:
        raise ConfigError(
            f"this machine or this build of torch has no {kind}",
            where=f"--device {name}",
            hint="write --device auto",
        )
    return name


def choose_dtype(name: str | None, device: str) -> torch.dtype | str:
    """Return the number format: float32 on the CPU, else the checkpoint's own.

    Raises
    ------
    ConfigError
        If the name is unknown.
    """
    import torch

    if name is None:
        return torch.float32 if device == "cpu" else "auto"
    if name == "auto":
        return "auto"
    if name not in _DTYPES:
        raise ConfigError(
            f"there is no number format called {name!r}",
            where=f"--dtype {name}",
            hint="write float32, bfloat16, float16 or auto",
        )
    dtype: torch.dtype = getattr(torch, _DTYPES[name])
    return dtype


def placement(options: ClassifierOptions, device: str) -> dict[str, Any]:
    """Return what places the weights while they are loaded: over several devices, or in 8 bits.

    In 8 bits no activation is kept apart as an outlier: which ones are would depend on the other
    texts of a batch, and an answer may not.

    Raises
    ------
    ConfigError
        If a device is named besides the map.
    MissingExtraError
        If accelerate or bitsandbytes is not installed.
    """
    if options.device_map is not None and options.device != "auto":
        raise ConfigError(
            f"--device {options.device} names one device, and --device-map uses all there are",
            where="--device-map",
            hint="leave one of them out",
        )
    placed: dict[str, Any] = {}
    if options.device_map is not None:
        _require("--device-map", "devices", "accelerate")
        placed["device_map"] = options.device_map
    if options.quantize is not None:
        _require("--quantize", "quantized", "accelerate", "bitsandbytes")
        placed.setdefault("device_map", {"": device})
        from transformers import BitsAndBytesConfig

        placed["quantization_config"] = BitsAndBytesConfig(
            load_in_8bit=True, llm_int8_threshold=0.0
        )
    return placed


def _require(flag: str, extra: str, *packages: str) -> None:
    """Say which extra brings a package that is not there."""
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtraError(flag, package, extra)


def calm_threads() -> None:
    """Let torch's idle threads sleep, which they must be told before torch is loaded.

    By default they spin: where another process wants one of the cores, two threads then get a
    fraction of what one would do alone. A wish of the user's own is left as it is.
    """
    if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "0")


def set_threads(options: ClassifierOptions) -> None:
    """Limit torch to the number of threads the user asked for.

    Raises
    ------
    ConfigError
        If the number is below 1.
    """
    import torch

    if options.threads is None:
        return
    if options.threads < 1:
        raise ConfigError(
            f"{options.threads} threads cannot compute anything",
            where=f"--threads {options.threads}",
            hint="give at least 1",
        )
    torch.set_num_threads(options.threads)
