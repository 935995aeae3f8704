"""Ketwork: a workbench for near-term quantum machine learning and variational quantum algorithms."""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ketwork.circuit import Angle, Circuit, Gate, w, x
    from ketwork.engine.simulator import Simulator
    from ketwork.experiments.compare import compare
    from ketwork.noise import NoiseModel
    from ketwork.operators import PauliSum, hermitian, pauli, pauli_z

_HOMES = {
    "Angle": "ketwork.circuit",
    "Circuit": "ketwork.circuit",
    "Gate": "ketwork.circuit",
    "NoiseModel": "ketwork.noise",
    "PauliSum": "ketwork.operators",
    "Simulator": "ketwork.engine.simulator",
    "compare": "ketwork.experiments.compare",
    "hermitian": "ketwork.operators",
    "pauli": "ketwork.operators",
    "pauli_z": "ketwork.operators",
    "w": "ketwork.circuit",
    "x": "ketwork.circuit",
}

__all__ = [
    "Angle",
    "Circuit",
    "Gate",
    "NoiseModel",
    "PauliSum",
    "Simulator",
    "__version__",
    "compare",
    "hermitian",
    "pauli",
    "pauli_z",
    "w",
    "x",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import ketwork` is quick."""
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'ketwork' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
