"""An architecture as a graph of gates, and back: types and positions of the nodes, and who follows whom.

Source: Sun et al., arXiv:2401.11576, section 3.1, with its published form: -1 for a control, +1 for a target, and edges
that count the qubits they carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array
from ketwork.circuit.gates import GATES
from ketwork.search.canonical import Place, flat, is_symmetric
from ketwork.search.space import Architecture

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class GateGraph:
    """A circuit of G gates as G + 2 nodes, START first and END last, gates between in order of time.

    types (G + 2, T + 2): one-hot over START, the T gates of `gates`, END. positions (G + 2, n): 1 on the qubits of a
    gate, -1 on the first of two that it tells apart; START and END are on all. adjacency (G + 2, G + 2): how many
    qubits go directly from a node (row) to another (column).
    """

    types: Floats
    positions: Floats
    adjacency: Floats

    @property
    def features(self) -> Floats:
        """Types and positions side by side, (G + 2, T + 2 + n)."""
        return np.hstack([self.types, self.positions])


def to_graph(architecture: Sequence[Place], n_qubits: int, gates: Sequence[str]) -> GateGraph:
    """The graph of an architecture. Raises: ValueError for a gate that is not among `gates`."""
    gates_in_time = flat(architecture)
    count = len(gates_in_time)
    types = np.zeros((count + 2, len(gates) + 2), np.float32)
    positions = np.zeros((count + 2, n_qubits), np.float32)
    adjacency = np.zeros((count + 2, count + 2), np.float32)
    types[0, 0] = types[-1, -1] = 1
    positions[[0, -1]] = 1
    last = [0] * n_qubits
    for node, (gate, qubits) in enumerate(gates_in_time, 1):
        if gate not in gates:
            raise ValueError(f"The graph's gates are {', '.join(gates)}, but the architecture has {gate!r}.")
        types[node, 1 + list(gates).index(gate)] = 1
        positions[node, list(qubits)] = 1
        if len(qubits) == 2 and not is_symmetric(gate):
            positions[node, qubits[0]] = -1
        for q in qubits:
            adjacency[last[q], node] += 1
            last[q] = node
    for q in range(n_qubits):
        adjacency[last[q], count + 1] += 1
    return GateGraph(types, positions, adjacency)


def from_graph(graph: GateGraph, gates: Sequence[str]) -> Architecture:
    """The architecture of a graph. Raises: ValueError where it is none, as `faults` says."""
    problem = faults(graph, gates)
    if problem:
        raise ValueError(f"Argument `graph` is no circuit: {problem}.")
    return _read(graph, gates)


def _read(graph: GateGraph, gates: Sequence[str]) -> Architecture:
    found = []
    for kind, place in zip(graph.types[1:-1], graph.positions[1:-1], strict=True):
        qubits = sorted(map(int, np.flatnonzero(place)), key=lambda q: (place[q], q))  # the control, -1, comes first
        found.append(Place(gates[int(kind.argmax()) - 1], tuple(qubits)))
    return tuple(found)


def faults(graph: GateGraph, gates: Sequence[str]) -> str:
    """What keeps a graph from being a circuit, "" for nothing: the strict meaning of valid.

    Every node has one type; START and END are at the ends and on all qubits; a gate has as many positions as its table
    row says, with a control where it has one; and the edges are those of the wires through the gates in their order.
    """
    types, positions = check_array("types", graph.types, 2), check_array("positions", graph.positions, 2)
    if not (np.isin(types, (0, 1)).all() and (types.sum(axis=1) == 1).all()):
        return "a node does not have exactly one type"
    kinds = types.argmax(axis=1)
    if kinds[0] != 0 or kinds[-1] != len(gates) + 1 or not ((kinds[1:-1] > 0) & (kinds[1:-1] <= len(gates))).all():
        return "START and END are not the first node and the last"
    if not (np.isin(positions, (-1, 0, 1)).all() and (positions[[0, -1]] == 1).all()):
        return "START or END is not on all qubits, or a position is not -1, 0 or 1"
    for node in range(1, len(kinds) - 1):
        name = gates[kinds[node] - 1]
        place = positions[node]
        controls = int(GATES[name].n_qubits == 2 and not is_symmetric(name))
        if np.count_nonzero(place) != GATES[name].n_qubits or np.count_nonzero(place < 0) != controls:
            return f"node {node}, {name}, is not on the qubits of such a gate"
    wanted = to_graph(_read(graph, gates), positions.shape[1], gates).adjacency
    return "" if np.array_equal(wanted, graph.adjacency) else "the edges are not the wires through the gates"
