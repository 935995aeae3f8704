"""Meyer-Wallach measure: product states 0, GHZ 1, W and random states by closed forms."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.ansatz import strongly_entangling
from ketwork.models.diagnostics import entangling_capability, meyer_wallach


@pytest.mark.parametrize("n", [2, 3, 5])
def test_ghz_states_have_1_and_products_0(n):
    ghz, product = Circuit(n).h(0), Circuit(n)
    for q in range(n):
        product = product.ry(q, 0.3 + q).rz(q, 0.7)
        ghz = ghz if q == 0 else ghz.cx(0, q)
    assert meyer_wallach(Simulator().state(ghz))[0] == pytest.approx(1)
    assert meyer_wallach(Simulator().state(product))[0] == pytest.approx(0, abs=1e-12)


def test_a_w_state_has_its_closed_form():
    for n in (3, 4):
        state = np.zeros(2**n)
        state[[2**q for q in range(n)]] = n**-0.5
        purity = (1 - 1 / n) ** 2 + 1 / n**2
        assert meyer_wallach(state[None, :])[0] == pytest.approx(2 * (1 - purity))


def test_two_qubits_have_the_concurrence_squared():
    states = np.random.default_rng(0).normal(size=(20, 4, 2)) @ [1, 1j]
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    concurrence = 2 * np.abs(states[:, 0] * states[:, 3] - states[:, 1] * states[:, 2])
    np.testing.assert_allclose(meyer_wallach(states), concurrence**2, atol=1e-12)


def test_deep_circuits_reach_uniformly_random_states_and_unentangled_ones_stay_at_0():
    deep = entangling_capability(strongly_entangling(4, 8), 1000, seed=0)
    assert deep.haar == pytest.approx(14 / 17)
    assert deep.low - 0.01 < deep.haar < deep.high + 0.01
    assert entangling_capability(strongly_entangling(4, 8, "none"), 100, seed=0).mean == pytest.approx(0, abs=1e-12)


def test_cz_chains_on_plus_states_are_maximal_as_circuit_9_of_the_paper():
    circuit = Circuit(4).h(0).h(1).h(2).h(3).cz(3, 2).cz(2, 1).cz(1, 0)
    for q in range(4):
        circuit = circuit.rx(q, w[q])
    np.testing.assert_allclose(entangling_capability(circuit, 50, seed=0).values, 1)


def test_circuit_2_of_the_paper_has_its_closed_form():
    """Bloch vectors (x, y, z) of RX, RZ on 0 have mean squares 1/4, 1/4, 1/2; a CX takes z of its control into y and z
    of its target and x of its target into x and y of its control, which gives mean purities of 0.8125, 0.671875,
    0.6015625 and 0.671875 from the first control to the last target."""
    circuit = Circuit(4)
    for q in range(4):
        circuit = circuit.rx(q, w[2 * q]).rz(q, w[2 * q + 1])
    found = entangling_capability(circuit.cx(3, 2).cx(2, 1).cx(1, 0), 20_000, seed=0)
    assert found.mean == pytest.approx(2 * (1 - (0.8125 + 2 * 0.671875 + 0.6015625) / 4), abs=0.006)


def test_trained_weights_are_looked_at_row_by_row():
    circuit = Circuit(2).ry(0, x[0]).crx(0, 1, w[0])
    rows = np.array([[0.0], [np.pi / 2], [np.pi]])
    found = entangling_capability(circuit, inputs=rows, weights=[np.pi])
    np.testing.assert_allclose(found.values, [0, 1, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: meyer_wallach(np.ones((1, 3))), "2\\^n amplitudes"),
        (lambda: entangling_capability(Circuit(17)), "at most 16 qubits"),
        (lambda: entangling_capability(Circuit(2).rx(0, w[0]), 1), "`samples` must be at least 2"),
        (lambda: entangling_capability(Circuit(2).rx(0, w[0]), weights=[1.0, 2.0]), "1 weights a row"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
