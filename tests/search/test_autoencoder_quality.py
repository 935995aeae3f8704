"""The measures of an autoencoder, on networks whose answers are known."""

import numpy as np
import pytest
import torch

from ketwork.search.autoencoder_quality import prior, quality
from ketwork.search.circuit_pool import draw_pool
from ketwork.search.graph_autoencoder import Alphabet, Decoded, GraphAutoencoder, train_autoencoder
from ketwork.search.space import Space

SPACE = Space(3, ("h", "rx", "cx"), max_gates=5)


class Perfect:
    """Codes are circuits' numbers; the decoder looks the circuit up, and can be told to err."""

    def __init__(self, circuits, spoil=lambda kinds, positions, edges: None):
        self.alphabet, self.latent, self.spoil = Alphabet(SPACE), 1, spoil
        self.graphs = self.alphabet.graphs(circuits)
        self.numbers = {graph.tobytes(): k for k, graph in enumerate(self.graphs.positions)}

    def codes(self, graphs):
        count = len(graphs.kinds)
        self.asked = graphs
        return np.broadcast_to(np.arange(count, dtype=np.float32)[:, None, None], (count, self.alphabet.nodes, 1))

    def read(self, z):
        graphs = self.asked
        pick = np.clip(np.rint(z[:, 0, 0]), 0, len(graphs.kinds) - 1).astype(int)
        kinds = np.eye(self.alphabet.end + 2)[graphs.kinds[pick]]
        positions = (graphs.positions[pick][..., None] == [-1, 0, 1]).astype(float)
        edges = graphs.adjacency[pick].copy()
        self.spoil(kinds, positions, edges)
        return Decoded(*map(torch.as_tensor, (kinds, positions, edges)))


@pytest.fixture(scope="module")
def circuits():
    return draw_pool(SPACE, 200, np.random.default_rng(0))


def test_a_perfect_network_is_perfect(circuits):
    found = quality(Perfect(circuits), circuits, circuits, 300)
    shares = (found.types, found.positions, found.edges, found.whole, found.valid, found.valid_masked)
    assert shares == (1,) * 6
    assert found.false_edges == 0 and found.new == 0
    assert 0.2 < found.unique < 1  # 300 points of 200 circuits


def test_errors_are_counted(circuits):
    def lose_edges(kinds, positions, edges):
        edges[: len(edges) // 2] = 0

    found = quality(Perfect(circuits, lose_edges), circuits, circuits, 300)
    assert 0.4 < found.edges < 0.6 and 0.4 < found.valid < 0.6 and found.types == 1
    assert found.valid_masked == 1  # edges are not asked there

    def add_edge(kinds, positions, edges):
        edges[:, 0, 1:] = np.maximum(edges[:, 0, 1:], 1)

    found = quality(Perfect(circuits, add_edge), circuits, circuits, 300)
    assert found.false_edges > 0.1 and found.edges == 1 and found.valid < 0.1 and found.whole < 0.1

    def no_end(kinds, positions, edges):
        kinds[..., -2] = 0

    assert quality(Perfect(circuits, no_end), circuits, circuits, 50).valid == 0


def test_a_trained_network(circuits):
    """Better than an untrained one, by every measure of reconstruction."""
    torch.manual_seed(0)
    raw = quality(GraphAutoencoder(Alphabet(SPACE), hidden=32), circuits[:150], circuits[150:], 100)
    trained = train_autoencoder(SPACE, circuits[:150], 40, 16, rate=5e-3, hidden=32)
    found = quality(trained, circuits[:150], circuits[150:], 100)
    assert raw.whole == 0 and found.whole > 0.5
    assert found.types > 0.9 > raw.types and found.edges > raw.edges
    assert found.valid_masked == 1 and found.unique_masked > 0.5


def test_the_prior_has_the_codes_means_and_spreads(circuits):
    network = train_autoencoder(SPACE, circuits, 3, 32, hidden=16)
    z = prior(network, circuits, 4000, 1)
    graphs = network.alphabet.graphs(circuits)
    codes = network.codes(graphs)
    np.testing.assert_allclose(z[:, 0].mean(axis=0), codes[:, 0].mean(axis=0), atol=0.1)
    gates = (graphs.kinds > 0) & (graphs.kinds < network.alphabet.end)
    np.testing.assert_allclose(z[:, 1].std(axis=0), codes[gates].std(axis=0), rtol=0.25, atol=0.1)
