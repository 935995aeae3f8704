"""A variational autoencoder of circuits as graphs of gates, trained without labels: circuits become points.

Encoder: graph isomorphism layers over the wires in both directions, a latent vector for every gate. Decoder: each
latent vector tells its gate's type and its place; edges follow from the places in the order of time (see `wires`).
Source: Sun et al., arXiv:2401.11576, section 3; Yan et al., arXiv:2006.06936 (arch2vec). The papers decode edges as
sigmoid(z z^T) from the latent vectors: `edges="inner product"` does that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real, need_extra
from ketwork.search.canonical import Place, flat
from ketwork.search.gate_graph import to_graph
from ketwork.search.small_nets import one_thread
from ketwork.search.space import Architecture, Space, oriented

torch: Any = need_extra("torch", "search")
Floats = NDArray[np.float32]

EDGES = ("wires", "inner product")
"""How edges are decoded: from the places, or from the latent vectors alone as in the papers."""

_LEAST = 1e-6


class Graphs(NamedTuple):
    """C circuits as graphs of N nodes, those behind END empty. kinds (C, N): 0 for START, then the gates, END, none.

    positions (C, N, n): -1, 0, 1 as in `GateGraph`; adjacency (C, N, N): qubits that go from node to node.
    """

    kinds: NDArray[np.int64]
    positions: Floats
    adjacency: Floats


class Decoded(NamedTuple):
    """What the decoder says of nodes: logarithms of probabilities of kinds (C, N, T + 3) and of positions -1, 0 and 1
    (C, N, n, 3), and the expected adjacency (C, N, N)."""

    kinds: Any
    positions: Any
    adjacency: Any


@dataclass(frozen=True)
class Alphabet:
    """What nodes may be. space: whose circuits these are; every circuit has at most its `max_gates` gates. Layers are
    taken gate by gate."""

    space: Space

    @property
    def nodes(self) -> int:
        """START, gates, END."""
        return self.space.max_gates + 2

    @property
    def end(self) -> int:
        """The kind of END; the one above is that of empty nodes."""
        return len(self.space.gates) + 1

    def graphs(self, architectures: Sequence[Sequence[Place]]) -> Graphs:
        """Architectures as arrays. Raises: ValueError for more gates than the space allows, or other gates."""
        shape = (len(architectures), self.nodes)
        kinds = np.full(shape, self.end + 1)
        positions = np.zeros((*shape, self.space.n_qubits), np.float32)
        adjacency = np.zeros((*shape, self.nodes), np.float32)
        for k, architecture in enumerate(map(flat, architectures)):
            check_int("architectures", len(architecture), 0, self.space.max_gates)
            graph = to_graph(architecture, self.space.n_qubits, self.space.gates)
            count = len(architecture) + 2
            kinds[k, :count] = graph.types.argmax(axis=1)
            positions[k, :count] = graph.positions
            adjacency[k, :count, :count] = graph.adjacency
        return Graphs(kinds, positions, adjacency)

    @cached_property
    def gates(self) -> Architecture:
        """The gates of the space's places, P different ones."""
        return tuple(dict.fromkeys(oriented(gate) for gate in flat(self.space.places)))

    @cached_property
    def patterns(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Of `gates`: kinds (P,), and which of positions -1, 0, 1 every qubit has, (P, n, 3)."""
        graph = [to_graph([gate], self.space.n_qubits, self.space.gates) for gate in self.gates]
        kinds = np.array([g.types[1].argmax() for g in graph])
        rows = np.array([g.positions[1] for g in graph])
        return kinds, rows[:, :, None] == np.array([-1, 0, 1])

    def circuits(self, decoded: Decoded) -> list[Architecture]:
        """The likeliest circuits: for every node the likeliest gate of the space, up to the first END.

        Wires are what the places make them, so that what comes out is a circuit; it may be deeper than the space
        allows.
        """
        kinds, positions = (np.asarray(values.detach()) for values in decoded[:2])
        types, patterns = self.patterns
        likely = kinds[:, 1:-1, types] + np.einsum("cnqs,pqs->cnp", positions[:, 1:-1], patterns)
        best = likely.argmax(axis=2)
        ends = kinds[:, 1:, self.end :].max(axis=2) > kinds[:, 1:, 1 : self.end].max(axis=2)
        ends[:, -1] = True
        counts = ends.argmax(axis=1)
        return [tuple(self.gates[p] for p in row[:count]) for row, count in zip(best, counts.tolist(), strict=True)]


class GraphAutoencoder(torch.nn.Module):  # type: ignore[misc]
    """The network of an alphabet. hops: layers of the encoder; hidden: their width; latent: numbers for every node.

    edges: of `EDGES`. weight: of the KL term.
    """

    def __init__(
        self,
        alphabet: Alphabet,
        latent: int = 16,
        hidden: int = 64,
        hops: int = 5,
        edges: str = "wires",
        weight: float = 0.005,
    ) -> None:
        super().__init__()
        self.alphabet, self.latent = alphabet, check_int("latent", latent, 1)
        self.edges = check_choice("edges", edges, EDGES)
        self.weight = check_real("weight", weight, 0)
        n, kinds = alphabet.space.n_qubits, alphabet.end + 2
        self._n_kinds = kinds
        widths = [kinds + n, *[check_int("hidden", hidden, 1)] * check_int("hops", hops, 1)]
        self.layers = torch.nn.ModuleList(_two_layers(a, b) for a, b in pairwise(widths))
        self.epsilon = torch.nn.Parameter(torch.zeros(hops))
        last = hidden + kinds + n  # a node's own features come along to the last layer
        self.mean, self.log_spread = torch.nn.Linear(last, latent), torch.nn.Linear(last, latent)
        self.reader = torch.nn.Sequential(torch.nn.Linear(latent, hidden), torch.nn.ReLU())
        self.kinds, self.positions = torch.nn.Linear(hidden, kinds), torch.nn.Linear(hidden, 3 * n)
        if edges != "wires":
            self.maps = torch.nn.Linear(latent, n * latent)  # one inner product for "at least k qubits"

    def encode(self, kinds: Any, positions: Any, adjacency: Any) -> tuple[Any, Any]:
        """Means and logarithms of spreads (C, N, latent) of the nodes of graphs, as tensors."""
        own = torch.cat([torch.nn.functional.one_hot(kinds, self._n_kinds).float(), positions], dim=2)
        h = own
        both = adjacency + adjacency.transpose(1, 2)
        for k, layer in enumerate(self.layers):
            h = layer(((1 + self.epsilon[k]) * h + both @ h).flatten(0, 1)).view(*h.shape[:2], -1)
        h = torch.cat([h, own], dim=2)
        return self.mean(h), self.log_spread(h)

    def decode(self, z: Any) -> Decoded:
        """What nodes with latent vectors z (C, N, latent) are."""
        h = self.reader(z)
        kinds = torch.log_softmax(self.kinds(h), dim=2)
        positions = torch.log_softmax(self.positions(h).view(*z.shape[:2], -1, 3), dim=3)
        if self.edges == "wires":
            return Decoded(kinds, positions, wires(1 - positions[..., 1].exp()))
        turned = self.maps(z).view(*z.shape[:2], -1, self.latent)
        steps = torch.sigmoid(torch.einsum("cid,cjkd->cijk", z, turned))
        return Decoded(kinds, positions, torch.triu(steps.sum(dim=3), 1))

    def loss(self, graphs: Any, noise: Any) -> Any:
        """Of `Graphs` of tensors, with noise (C, N, latent) of the normal distribution."""
        mean, log_spread = self.encode(*graphs)
        decoded = self.decode(mean + noise * log_spread.exp())
        kind = torch.nn.functional.nll_loss(decoded.kinds.flatten(0, 1), graphs.kinds.flatten())
        where = torch.nn.functional.nll_loss(decoded.positions.flatten(0, 2), (graphs.positions + 1).long().flatten())
        edge = ((decoded.adjacency - graphs.adjacency) ** 2).sum(dim=2).mean()
        divergence = -0.5 * (1 + 2 * log_spread - mean**2 - (2 * log_spread).exp()).sum(dim=2).mean()
        return kind + graphs.positions.shape[2] * where + edge + self.weight * divergence

    def codes(self, graphs: Graphs, batch: int = 1024) -> Floats:
        """Means (C, N, latent) of the nodes of graphs."""
        self.eval()
        with torch.no_grad(), one_thread():
            parts = [self.encode(*_tensors(graphs, slice(k, k + batch)))[0] for k in range(0, len(graphs.kinds), batch)]
        return np.asarray(torch.cat(parts).numpy())

    def read(self, z: NDArray[np.floating[Any]]) -> Decoded:
        """`decode` of an array, without gradients."""
        self.eval()
        with torch.no_grad(), one_thread():
            return self.decode(torch.as_tensor(z, dtype=torch.float32))


def wires(held: Any) -> Any:
    """The expected adjacency (C, N, N) when node i holds qubit q with probability held[c, i, q], all independently.

    A qubit goes from i to j when both hold it and no node between them does: for certain places the wires exactly, and
    differentiable for others.
    """
    held = held.clamp(_LEAST, 1 - _LEAST)
    free = torch.log1p(-held).cumsum(dim=1)  # log of the probability that no node up to i holds the qubit
    # between i and j: what is free up to j without j itself, less what is up to i
    between = (free - torch.log1p(-held))[:, None] - free[:, :, None]
    upper = torch.triu(torch.ones(held.shape[1], held.shape[1]), 1)[None, :, :, None]
    passes = torch.exp(between.clamp(max=0)) * upper
    return torch.einsum("ciq,cijq,cjq->cij", held, passes, held)


def train_autoencoder(
    space: Space,
    architectures: Sequence[Sequence[Place]],
    epochs: int = 16,
    batch: int = 64,
    rate: float = 2e-3,
    seed: int = 0,
    **options: Any,
) -> GraphAutoencoder:
    """Train on circuits of a space, by Adam with a rate that falls to zero; options: of `GraphAutoencoder`.

    The same seed gives the same network on the same machine.
    """
    check_int("epochs", epochs, 1)
    check_int("batch", batch, 2)
    if len(architectures) < batch:
        raise ValueError(
            f"Argument `architectures` must hold at least {batch}, a batch, but holds {len(architectures)}."
        )
    alphabet = Alphabet(space)
    graphs = alphabet.graphs(architectures)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = GraphAutoencoder(alphabet, **options)
    noise = torch.Generator().manual_seed(seed)
    order = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    rounds = len(architectures) // batch
    falling = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(epochs * rounds, 4))
    network.train()
    with one_thread():
        for _ in range(epochs):
            for part in np.split(order.permutation(len(architectures))[: rounds * batch], rounds):
                optimizer.zero_grad()
                shape = (batch, alphabet.nodes, network.latent)
                network.loss(_tensors(graphs, part), torch.randn(shape, generator=noise)).backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimizer.step()
                falling.step()
    return network


def _two_layers(a: int, b: int) -> Any:
    return torch.nn.Sequential(
        torch.nn.Linear(a, b), torch.nn.BatchNorm1d(b), torch.nn.ReLU(),
        torch.nn.Linear(b, b), torch.nn.BatchNorm1d(b), torch.nn.ReLU(),
    )  # fmt: skip


def _tensors(graphs: Graphs, part: Any) -> Graphs:
    """Some of the graphs as tensors."""
    return Graphs(*(torch.as_tensor(values[part]) for values in graphs))
