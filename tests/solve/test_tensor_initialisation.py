"""Starts from tensor networks: the energy at the start, what training adds, and slopes by the number of qubits."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.models import kandala
from ketwork.operators import lanczos, spins
from ketwork.solve.dmrg import ground_mps
from ketwork.solve.objective import Objective
from ketwork.solve.tensor_initialisation import (
    decay_rate,
    gradients,
    identity_start,
    random_start,
    tensor_start,
    tensor_vqe,
    trained,
)

CHAIN = spins.heisenberg(spins.chain(8))


def test_the_circuit_has_the_energy_of_the_state():
    """Bond dimension 2 fits one layer: the energy of DMRG is that of the circuit, extra layers or not."""
    state = ground_mps(CHAIN, 2)
    for extra in (0, 1, 2):
        begun = tensor_start(state, layers=1, extra_layers=extra)
        energy = Simulator().expectation(begun.circuit, CHAIN, w=begun.start)[0, 0]
        assert energy == pytest.approx(state.energy, abs=1e-9)
        assert begun.circuit.n_weights == (1 + extra) * 7 * 15
        own, weights = begun.own
        assert own.n_weights == len(weights) == begun.n_own == 7 * 15
        assert Simulator().expectation(own, CHAIN, w=weights)[0, 0] == pytest.approx(energy, abs=1e-9)


def test_layers_that_prepare_a_larger_state():
    begun = tensor_start(CHAIN, 4, layers=3, extra_layers=0)
    energy = Simulator().expectation(begun.circuit, CHAIN, w=begun.start)[0, 0]
    assert begun.fidelity > 0.99
    assert list(begun.fidelities) == sorted(begun.fidelities)
    assert energy < ground_mps(CHAIN, 2).energy  # more than bond dimension 2 could


def test_training_goes_on_from_the_state():
    solution = tensor_vqe(CHAIN, 4, layers=2, extra_layers=2, steps=120, seed=1)
    exact = lanczos.ground_energy(CHAIN)
    assert exact - 1e-9 <= solution.value < solution.extra["mps_energy"]
    assert solution.value - exact < 0.02
    assert solution.history == sorted(solution.history, reverse=True)
    assert solution.circuit is not None
    again = Simulator().expectation(solution.circuit, CHAIN, w=solution.params)[0, 0]
    assert again == pytest.approx(solution.value, abs=1e-9)


def test_a_little_away_from_the_saddle():
    begun = tensor_start(CHAIN, 4, layers=2, extra_layers=2)
    moved = begun.moved(1)
    assert (moved[: begun.n_own] == begun.start[: begun.n_own]).all()
    assert moved[begun.n_own :].std() == pytest.approx(0.003, rel=0.15)
    stays = trained(CHAIN, begun.circuit, begun.start, steps=100)
    goes = trained(CHAIN, begun.circuit, moved, steps=100)
    assert goes.history[0] == pytest.approx(stays.history[0], abs=0.02)
    assert goes.value < stays.value


def test_better_than_other_starts_after_few_steps():
    begun = tensor_start(CHAIN, 4)
    ours = trained(CHAIN, begun.circuit, begun.start, steps=10).value
    for seed in range(3):
        assert ours < trained(CHAIN, begun.circuit, random_start(begun.circuit, seed), steps=10).value
        assert ours < trained(CHAIN, begun.circuit, identity_start(begun.circuit, seed), steps=10).value


def test_methods_without_gradients():
    one = Circuit(1).ry(0, w[0])
    h = spins.transverse_ising([(0, 1)], 0.0, 1.0)
    two = one.remap([0], 2).ry(1, w[1])
    for method, steps in (("cobyla", 80), ("adam", 200)):
        options = {"learning_rate": 0.1} if method == "adam" else {}
        found = trained(h, two, [0.3, 0.2], method=method, steps=steps, **options)
        assert found.value == pytest.approx(-2, abs=1e-2)


def test_other_starts():
    begun = tensor_start(CHAIN, 2, layers=1)
    draw = random_start(begun.circuit, 1)
    assert (draw == random_start(begun.circuit, 1)).all()
    assert np.abs(draw).max() < np.pi
    assert draw.std() == pytest.approx(np.pi / np.sqrt(3), rel=0.15)
    still = identity_start(begun.circuit, 1, 0.0)
    assert (still == 0).all()
    assert identity_start(begun.circuit, 1).std() == pytest.approx(0.01, rel=0.15)
    # all zeros: |0...0> is an eigenstate, and there is no slope
    assert np.abs(gradients(CHAIN, begun.circuit, still[None])).max() < 1e-12


def test_gradients_are_the_slopes_of_the_energy():
    begun = tensor_start(spins.heisenberg(spins.chain(4)), 2, layers=1)
    h, circuit = spins.heisenberg(spins.chain(4)), begun.circuit
    point = random_start(circuit, 3)
    found = gradients(h, circuit, [point])[0]
    for k in range(0, len(point), 7):
        step = 1e-5 * np.eye(len(point))[k]
        up, down = (Simulator().expectation(circuit, h, w=point + s)[0, 0] for s in (step, -step))
        assert found[k] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_slopes_vanish_from_random_starts_only():
    """Of circuits deep enough to scramble, with as many layers as qubits."""
    sizes, random, ours = [6, 8, 10], [], []
    for n in sizes:
        h = spins.heisenberg(spins.chain(n))
        begun = tensor_start(h, 4, layers=2, extra_layers=n, sweeps=5)
        draws = np.stack([random_start(begun.circuit, seed) for seed in range(6)])
        random.append(gradients(h, begun.circuit, draws).var())
        ours.append(gradients(h, begun.circuit, np.stack([begun.moved(seed) for seed in range(6)])).var())
    assert random == sorted(random, reverse=True)
    assert decay_rate(sizes, random)[0] > 0.3
    assert decay_rate(sizes, ours)[0] < 0.1


def test_decay_rates():
    rate, half = decay_rate([4, 6, 8], np.exp(-0.7 * np.array([4, 6, 8])))
    assert rate == pytest.approx(0.7)
    assert half == pytest.approx(0, abs=1e-6)
    assert np.isnan(decay_rate([4, 6], [1.0, 0.5])[1])
    with pytest.raises(ValueError, match="above 0"):
        decay_rate([4, 6], [1.0, 0.0])
    with pytest.raises(ValueError, match="at least 2"):
        decay_rate([4], [1.0])


def test_bad_input():
    with pytest.raises(TypeError, match="`target` must be a PauliSum or a MatrixProductState"):
        tensor_start("H2")
    circuit = Circuit(2).ry(0, w[0])
    with pytest.raises(ValueError, match="`starts` must have 1 columns, but has 2"):
        gradients(spins.ising([(0, 1)]), circuit, [[0.0, 0.0]])
    with pytest.raises(ValueError, match="`spread` must be at least 0"):
        identity_start(circuit, 0, -1.0)


@pytest.mark.parametrize("method", ["natural-gradient", "qn-spsa", "rotosolve"])
def test_optimisers_that_need_more_than_values_go_on_from_a_start(method: str) -> None:
    h = spins.heisenberg(spins.chain(3))
    circuit = kandala(3, 1)
    start = random_start(circuit, 3)
    found = trained(h, circuit, start, method=method, steps=2, seed=0)
    assert found.history[0] == pytest.approx(Objective(circuit, h).value(start))
    assert len(found.history) == 3
