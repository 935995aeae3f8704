"""Circuits as values: angles, gates, circuits, and what is written and drawn of them."""

from ketwork.circuit.angle import Angle, w, x
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.gates import GATES
from ketwork.circuit.operation import Gate

__all__ = ["GATES", "Angle", "Circuit", "Gate", "w", "x"]
