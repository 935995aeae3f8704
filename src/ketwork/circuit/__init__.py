"""Circuits as values: angles, gates, circuits, and what is written and drawn of them."""

from ketwork.circuit.angle import Angle, w, x
from ketwork.circuit.circuit import Circuit, Gate
from ketwork.circuit.gates import GATES

__all__ = ["GATES", "Angle", "Circuit", "Gate", "w", "x"]
