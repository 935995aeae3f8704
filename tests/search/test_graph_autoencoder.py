"""The autoencoder: wires by the rule of counting, circuits there and back, other pools and layered spaces."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from ketwork.search.canonical import Place, canonical
from ketwork.search.circuit_pool import draw_pool
from ketwork.search.gate_graph import faults, to_graph
from ketwork.search.graph_autoencoder import Alphabet, GraphAutoencoder, train_autoencoder, wires
from ketwork.search.space import Space

SMALL = Space(3, ("h", "rx", "cx", "cz"), max_gates=6)


@pytest.fixture(scope="module")
def circuits():
    return draw_pool(SMALL, 700, np.random.default_rng(0))


@pytest.fixture(scope="module")
def network(circuits):
    return train_autoencoder(SMALL, circuits[:600], epochs=14, hidden=48, batch=32, rate=5e-3)


def test_wires_of_certain_places_are_the_adjacency(circuits):
    graphs = Alphabet(SMALL).graphs(circuits[:40])
    found = wires(torch.as_tensor(np.abs(graphs.positions)))
    np.testing.assert_allclose(found.numpy(), graphs.adjacency, atol=1e-4)


def test_wires_of_uncertain_places_are_means_over_all_that_may_be():
    """Against the sum over all ways to hold the qubits."""
    held = torch.as_tensor(np.random.default_rng(0).uniform(0.1, 0.9, (1, 4, 2)))
    mean = np.zeros((4, 4))
    for ways in np.ndindex(*(2,) * 8):
        taken = np.array(ways).reshape(4, 2)
        chance = np.where(taken == 1, held[0].numpy(), 1 - held[0].numpy()).prod()
        for q in range(2):
            nodes = np.flatnonzero(taken[:, q])
            for i, j in pairwise(nodes):
                mean[i, j] += chance
    np.testing.assert_allclose(wires(held)[0].numpy(), mean, atol=1e-6)


def test_circuits_come_back(network, circuits):
    """Those held out, from the means of their codes."""
    graphs = network.alphabet.graphs(circuits[600:])
    found = network.alphabet.circuits(network.read(network.codes(graphs)))
    assert np.mean([a == b for a, b in zip(found, circuits[600:], strict=True)]) > 0.9


def test_any_point_is_a_circuit(network):
    z = 3 * np.random.default_rng(0).standard_normal((200, 8, 16))
    found = network.alphabet.circuits(network.read(z))
    for circuit in found:
        assert faults(to_graph(circuit, 3, SMALL.gates), SMALL.gates) == ""
        assert all(place in SMALL.number for place in circuit)
    assert len({canonical(circuit)[0] for circuit in found}) > 100


def test_the_decoder_of_the_paper_learns_edges_too(circuits):
    graphs = Alphabet(SMALL).graphs(circuits[:64])
    torch.manual_seed(0)
    parts = [torch.as_tensor(values) for values in graphs]
    network = GraphAutoencoder(Alphabet(SMALL), hidden=48, edges="inner product", weight=0.0)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(120):
        optimizer.zero_grad()
        loss = network.loss(type(graphs)(*parts), torch.zeros(64, 8, 16))
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]
    there = graphs.adjacency > 0
    found = network.read(network.codes(graphs)).adjacency.numpy()
    assert found[there].mean() > 3 * found[~there].mean()
    assert not np.tril(found).any()


def test_the_same_seed_gives_the_same_network(circuits):
    nets = [train_autoencoder(SMALL, circuits[:64], 2, 32, seed=s, hidden=16, hops=2) for s in (3, 3, 4)]
    codes = [net.codes(net.alphabet.graphs(circuits[:5])) for net in nets]
    np.testing.assert_array_equal(codes[0], codes[1])
    assert not np.allclose(codes[0], codes[2])
    state = torch.get_rng_state()
    train_autoencoder(SMALL, circuits[:64], 1, 32, hidden=16, hops=2)
    assert torch.equal(state, torch.get_rng_state())  # nobody else's random numbers are touched


def test_layers_are_taken_gate_by_gate():
    space = Space(3, ("rx", "cz"), layers=("linear",), max_gates=10)
    alphabet = Alphabet(space)
    graphs = alphabet.graphs([(space.places[0], space.places[1])])
    assert (graphs.kinds[0] == [0, *[1] * 3, *[2] * 2, 3, *[4] * 5]).all()
    assert {gate.gate for gate in alphabet.gates} == {"rx", "cz"} and len(alphabet.gates) == 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GraphAutoencoder(Alphabet(SMALL), edges="product"), "`edges` must be one of wires, inner product"),
        (lambda: GraphAutoencoder(Alphabet(SMALL), latent=0), "`latent` must be at least 1"),
        (lambda: train_autoencoder(SMALL, [], 1), "at least 64, a batch, but holds 0"),
        (lambda: Alphabet(SMALL).graphs([[Place("h", (0,))] * 7]), "`architectures` must lie in"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
