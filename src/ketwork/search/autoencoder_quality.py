"""How good an autoencoder of circuits is, on circuits that it has not seen and on points drawn from its prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int
from ketwork.search.canonical import Place, canonical
from ketwork.search.gate_graph import GateGraph, faults, from_graph, to_graph
from ketwork.search.graph_autoencoder import Alphabet, Decoded, GraphAutoencoder, Graphs
from ketwork.search.space import Architecture

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Quality:
    """Shares in [0, 1], reconstruction of held-out circuits by the likeliest of everything, no masks.

    types, positions: of nodes and of their positions (all qubits of a node) that come back. edges: of edges that come
    back with their number of qubits. false_edges: of pairs of nodes without an edge that are given one. whole: of
    circuits that come back in all of these. valid: of prior samples that are circuits in the strict sense of `faults`;
    valid_masked: when each node is read as the likeliest gate of the space. unique: of valid samples, how many
    different circuits there are in canonical form, over their number; unique_masked the same of masked ones; new: of
    the masked ones' circuits, the share that was not among the circuits trained on.
    """

    types: float
    positions: float
    edges: float
    false_edges: float
    whole: float
    valid: float
    unique: float
    valid_masked: float
    unique_masked: float
    new: float


def quality(
    network: GraphAutoencoder,
    trained: Sequence[Sequence[Place]],
    held_out: Sequence[Sequence[Place]],
    samples: int = 10_000,
    seed: int = 0,
) -> Quality:
    """Measure a network: reconstruction on `held_out`, the prior on `samples` points drawn as `prior` says."""
    alphabet = network.alphabet
    graphs = alphabet.graphs(held_out)
    found = _likeliest(network.read(network.codes(graphs)))
    there, nodes = graphs.adjacency > 0, graphs.kinds <= alphabet.end
    pairs = np.triu(nodes[:, :, None] & nodes[:, None], 1) & ~there
    right = [
        found.kinds == graphs.kinds,
        (found.positions == graphs.positions).all(axis=2),
        (found.adjacency == graphs.adjacency).all(axis=2),
    ]
    gates = alphabet.space.gates
    decoded = network.read(prior(network, trained, samples, seed))
    raw = [circuit for circuit in map(_strict(alphabet), *_likeliest(decoded)) if circuit is not None]
    masked = alphabet.circuits(decoded)
    different, known = set(map(_form, masked)), set(map(_form, trained))
    return Quality(
        float(right[0][nodes].mean()),
        float(right[1][nodes].mean()),
        float((found.adjacency == graphs.adjacency)[there].mean()),
        float((found.adjacency > 0)[pairs].mean()),
        float(np.mean([all(part[k].all() for part in right) for k in range(len(held_out))])),
        len(raw) / samples,
        len(set(map(_form, raw))) / max(len(raw), 1),
        float(np.mean([not faults(to_graph(c, alphabet.space.n_qubits, gates), gates) for c in masked])),
        len(different) / samples,
        len(different - known) / len(different),
    )


def prior(network: GraphAutoencoder, trained: Sequence[Sequence[Place]], samples: int, seed: int = 0) -> Floats:
    """Points (samples, N, latent) drawn from normal distributions with the means and spreads of the codes of circuits
    that were trained on: those of START, of gates, of END and of empty nodes; numbers of gates as among the circuits.
    """
    check_int("samples", samples, 1)
    rng = np.random.default_rng(seed)
    graphs = network.alphabet.graphs(trained)
    codes, end = network.codes(graphs), network.alphabet.end
    group = np.where(graphs.kinds == 0, 0, np.where(graphs.kinds < end, 1, graphs.kinds - end + 2))
    chosen = group[rng.integers(len(trained), size=samples)]
    z = rng.standard_normal((*chosen.shape, network.latent))
    for number in np.unique(group):
        own = codes[group == number]
        z[chosen == number] = z[chosen == number] * own.std(axis=0) + own.mean(axis=0)
    return z


def _likeliest(decoded: Decoded) -> Graphs:
    """The likeliest kind and position of every node, and the nearest number of qubits on every edge."""
    kinds, positions, adjacency = (np.asarray(values) for values in decoded)
    return Graphs(kinds.argmax(axis=2), positions.argmax(axis=3) - 1.0, np.rint(adjacency).astype(np.float32))


def _strict(alphabet: Alphabet) -> Any:
    """A function from (kinds, positions, adjacency) of one graph to its architecture, None where it is no circuit."""
    gates = alphabet.space.gates

    def circuit(kinds: NDArray[np.int64], positions: Floats, adjacency: Floats) -> Architecture | None:
        ends = np.flatnonzero(kinds == alphabet.end)
        if not len(ends) or (kinds[ends[0] + 1 :] <= alphabet.end).any() or positions[ends[0] + 1 :].any():
            return None
        count = int(ends[0]) + 1
        if adjacency[count:].any() or adjacency[:, count:].any() or (kinds[:count] > alphabet.end).any():
            return None
        types = np.eye(len(gates) + 2, dtype=np.float32)[kinds[:count]]
        graph = GateGraph(types, positions[:count].astype(np.float32), adjacency[:count, :count])
        if faults(graph, gates):
            return None
        return from_graph(graph, gates)

    return circuit


def _form(architecture: Sequence[Place]) -> Architecture:
    return canonical(architecture)[0]
