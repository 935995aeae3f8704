"""Excited states: whole spectra of small Hamiltonians, the penalty's gradient, and states given before."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.models.ansatz import efficient_su2, kandala
from ketwork.noise import NoiseModel, depolarizing
from ketwork.operators import load_molecule
from ketwork.solve.deflation import Deflated, deflate, spectral_bound
from ketwork.solve.objective import Objective


def small():
    return Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).ry(0, w[2]).ry(1, w[3])


class Bare:
    """A backend that knows nothing but the two calls."""

    def __init__(self, inner):
        self.expectation, self.sample = inner.expectation, inner.sample


def test_the_spectrum_of_hydrogen():
    molecule = load_molecule("H2")
    exact = np.linalg.eigvalsh(molecule.hamiltonian.matrix())
    found = deflate(molecule.hamiltonian, kandala(2, 1), 4, seed=0)
    np.testing.assert_allclose([s.value for s in found], exact, atol=1e-6)
    for k, solution in enumerate(found):
        assert solution.extra["overlaps"].shape == (k,)
        assert solution.extra["overlaps"].max(initial=0) < 1e-6
        assert solution.method == "deflation"


def test_states_are_orthogonal_eigenvectors():
    molecule = load_molecule("H2")
    found = deflate(molecule.hamiltonian, kandala(2, 1), 3, seed=1)
    states = np.array([Simulator("double").state(kandala(2, 1), None, s.params)[0] for s in found])
    np.testing.assert_allclose(np.abs(states.conj() @ states.T), np.eye(3), atol=1e-4)
    for solution, state in zip(found, states, strict=True):
        assert np.linalg.norm(molecule.hamiltonian.matrix() @ state - solution.value * state) < 1e-3


@pytest.mark.parametrize("backend", [None, Bare(Simulator("double"))])
def test_the_gradient_of_the_penalty(backend):
    hamiltonian = PauliSum.from_dict({"ZZ": 1.0, "XI": 0.5, "IX": -0.2})
    rng = np.random.default_rng(0)
    penalised = Deflated(Objective(small(), hamiltonian, backend), rng.uniform(-3, 3, (2, 4)), 2.5)
    point = rng.uniform(-3, 3, 4)
    value, gradient = penalised.value_and_gradient(point)
    steps = 1e-5 * np.eye(4)
    numeric = [(penalised.value(point + s) - penalised.value(point - s)) / 2e-5 for s in steps]
    assert value == pytest.approx(penalised.value(point), abs=1e-12)
    np.testing.assert_allclose(gradient, numeric, atol=1e-7)


def test_going_on_from_states_found_before():
    molecule = load_molecule("H2")
    first = deflate(molecule.hamiltonian, kandala(2, 1), 1, seed=4)
    more = deflate(molecule.hamiltonian, kandala(2, 1), 2, seed=4, found=first)
    whole = deflate(molecule.hamiltonian, kandala(2, 1), 2, seed=4)
    assert more[0] is first[0]
    assert more[1].params.tolist() == whole[1].params.tolist()


@pytest.mark.parametrize(("method", "steps"), [("rotosolve", 40), ("natural-gradient", 300), ("cobyla", 800)])
def test_other_methods_find_the_first_excited_state(method, steps):
    """Real states reach the first two levels of hydrogen; overlaps are trigonometric sums as energies are."""
    molecule = load_molecule("H2")
    exact = np.linalg.eigvalsh(molecule.hamiltonian.matrix())
    found = deflate(molecule.hamiltonian, small(), 2, method=method, steps=steps, seed=2, starts=2)
    np.testing.assert_allclose([s.value for s in found], exact[:2], atol=2e-3)


def test_too_small_a_penalty_finds_the_ground_state_again():
    molecule = load_molecule("H2")
    found = deflate(molecule.hamiltonian, kandala(2, 1), 2, seed=0, beta=0.0)
    assert found[1].value == pytest.approx(found[0].value, abs=1e-6)
    assert found[1].extra["overlaps"][0] > 0.99


def test_with_shots_and_a_bill():
    molecule = load_molecule("H2")
    backend = Simulator("double", seed=0, shots=300)
    found = deflate(molecule.hamiltonian, small(), 2, method="spsa", steps=100, backend=backend, seed=0, starts=1)
    assert found[1].value > found[0].value + 0.1
    assert found[1].shots == found[1].circuits * 300
    assert found[1].circuits > found[0].circuits


def test_the_bound_is_above_the_spectral_range():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        terms = {"".join(rng.choice(list("IXYZ"), 3)): float(rng.normal()) for _ in range(8)}
        levels = np.linalg.eigvalsh(PauliSum.from_dict(terms).matrix())
        assert spectral_bound(PauliSum.from_dict(terms)) > levels[-1] - levels[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda h: deflate(h, small(), 0), "n_states"),
        (lambda h: deflate(h, small(), 2, beta=-1.0), "beta"),
        (lambda h: deflate(h, small(), 2, starts=0), "starts"),
        (lambda h: deflate(h, small(), 2, found=deflate(h, kandala(2, 0), 1, seed=0, starts=1)), "same circuit"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call(load_molecule("H2").hamiltonian)


def test_no_more_states_than_there_are():
    hamiltonian, circuit = PauliSum.from_dict({"Z": 1.0}), Circuit(1).ry(0, w[0])
    with pytest.raises(ValueError, match="`n_states` must be at most 2"):
        deflate(hamiltonian, circuit, 3)
    for name in ("start", "state"):
        with pytest.raises(ValueError, match=f"`{name}` is of `vqe`"):
            deflate(hamiltonian, circuit, 2, **{name: None})


def test_degenerate_levels_are_found_as_often_as_they_are_there():
    found = deflate(PauliSum.from_dict({"ZZ": 1.0}), efficient_su2(2, 1), 4, seed=0)
    np.testing.assert_allclose([state.value for state in found], [-1, -1, 1, 1], atol=1e-6)


def test_estimates_by_trajectories():
    noise = NoiseModel().add(depolarizing(0.01), gates="ry")
    backend = Simulator(noise=noise, method="trajectories", trajectories=50, seed=1)
    found = deflate(
        PauliSum.from_dict({"Z": 1.0}),
        Circuit(1).ry(0, w[0]),
        2,
        backend=backend,
        method="rotosolve",
        steps=2,
        starts=1,
    )
    assert found[0].value == pytest.approx(-1, abs=0.1) and found[1].value == pytest.approx(1, abs=0.1)
