"""Architecture search: what circuits may be built, and how they are written down."""

from ketwork.search.canonical import Place, canonical
from ketwork.search.gate_graph import GateGraph, from_graph, to_graph
from ketwork.search.moment_tensor import from_tensor, to_tensor
from ketwork.search.space import Architecture, Space, cross, draw, mutate

__all__ = [
    "Architecture",
    "GateGraph",
    "Place",
    "Space",
    "canonical",
    "cross",
    "draw",
    "from_graph",
    "from_tensor",
    "mutate",
    "to_graph",
    "to_tensor",
]
