"""Quanvolution filters: what is random and what is not."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.quanvolution import quanvolution_circuit, random_filter, random_layers
from ketwork.operators import pauli_z


def test_a_random_filter_is_fixed_by_its_seed():
    circuit = random_filter(4, seed=3)
    assert circuit == random_filter(4, seed=3)
    assert circuit != random_filter(4, seed=4)
    assert (circuit.n_inputs, circuit.n_weights) == (0, 0)
    unitary = circuit.matrix()
    np.testing.assert_allclose(unitary @ unitary.conj().T, np.eye(16), atol=1e-12)


def test_as_many_connections_as_their_probability_says():
    """Every pair has a gate with this probability; no more than 2 n^2 gates on one qubit."""

    def pairs(circuit):
        return {frozenset(gate.qubits) for gate in circuit if len(gate.qubits) == 2}

    counts = [len(pairs(random_filter(4, 0.3, seed))) for seed in range(200)]
    assert np.mean(counts) == pytest.approx(6 * 0.3, abs=0.3)
    assert all(len(pairs(random_filter(4, 1.0, seed))) == 6 for seed in range(5))
    assert not any(pairs(random_filter(4, 0.0, seed)) for seed in range(5))
    singles = [sum(len(gate.qubits) == 1 for gate in random_filter(3, 0.0, seed)) for seed in range(300)]
    assert 0 <= min(singles) < 2
    assert 16 < max(singles) <= 18
    names = {gate.name for seed in range(40) for gate in random_filter(3, 1.0, seed)}
    assert {"cx", "swap", "rxx", "cry", "rx", "ry", "rz", "u3", "p", "t", "h"} <= names


def test_its_root_of_swap_is_one():
    whole = next(c for c in (random_filter(2, 1.0, seed) for seed in range(99)) if c.count().get("rxx") == 1)
    root = Circuit(2, [gate for gate in whole if gate.name in ("rxx", "ryy", "rzz")]).matrix()
    phase = (root @ root)[0, 0]
    np.testing.assert_allclose(root @ root / phase, Circuit(2).swap(0, 1).matrix(), atol=1e-14)


def test_random_layers_train():
    circuit = random_layers(4, 3, 5, seed=1)
    assert circuit.n_weights == 15
    assert circuit == random_layers(4, 3, 5, seed=1)
    assert sum(random_layers(4, 50, seed=2).count().get(name, 0) for name in ("rx", "ry", "rz")) == 200
    share = random_layers(4, 200, ratio=0.3, seed=0).count()["cx"] / len(random_layers(4, 200, ratio=0.3, seed=0))
    assert share == pytest.approx(0.3, abs=0.05)
    assert "cx" not in random_layers(1, 4, seed=0).count()
    assert not random_layers(2, 0).gates


def test_what_slides_over_the_image():
    """A filter that does nothing gives cos(pi x) of each pixel."""
    circuit = quanvolution_circuit(Circuit(4))
    windows = np.random.default_rng(0).uniform(0, 1, (3, 4))
    channels = Simulator("double").expectation(circuit, [pauli_z(q, 4) for q in range(4)], windows)
    np.testing.assert_allclose(channels, np.cos(np.pi * windows), atol=1e-14)
    trained = quanvolution_circuit(random_layers(4, 1, seed=0), scale=1.0)
    assert (trained.n_inputs, trained.n_weights) == (4, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_filter(0), "`n_qubits` must be at least 1"),
        (lambda: random_filter(2, 1.5), r"`connection` must lie in \[0, 1\], but is 1.5"),
        (lambda: random_layers(2, 1, ratio=1.0), "below 1, or no layer ever ends"),
        (lambda: random_layers(2, -1), "`layers` must be at least 0"),
        (lambda: quanvolution_circuit(Circuit(2).rx(0, x[0])), "must have no inputs, but has 1"),
        (lambda: quanvolution_circuit(Circuit(2).rx(0, w[0]), np.inf), "`scale` must be finite"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_filter():
    with pytest.raises(TypeError, match="must be a Circuit, but is 'random'"):
        quanvolution_circuit("random")
