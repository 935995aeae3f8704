"""Every method by its name: what it finds is held against exact answers, what does not fit is refused in one line."""

import numpy as np
import pytest

from ketwork.backends.device import DeviceBackend
from ketwork.engine.simulator import Simulator
from ketwork.operators import GraphColouring, IndependentSet, MaxCut, PauliSum, ground_energy, load_molecule, spins
from ketwork.solve import doors, exhaustive
from ketwork.solve.doors import (
    HAMILTONIAN_METHODS,
    PROBLEM_METHODS,
    Run,
    basis_state,
    bonds,
    check_memory,
    check_method,
    default_method,
    keeps_total_z,
    one_hot_groups,
    qubits_needed,
    relaxation,
    solve_hamiltonian,
    solve_problem,
)
from ketwork.solve.objective import Objective

H2 = load_molecule("H2_0.7414", "jordan_wigner")
RING = spins.heisenberg(spins.ring(4))
CUT = MaxCut(6, ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5), (0, 3)), (1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 1.0))
COLOURS = GraphColouring(3, ((0, 1), (1, 2), (0, 2)), 2)


@pytest.mark.parametrize("method", HAMILTONIAN_METHODS)
def test_every_method_finds_the_energy_of_a_molecule(method):
    found = solve_hamiltonian(H2, method, seed=1)
    exact = H2.exact_energy()
    assert -1e-9 < found.value - exact < 1.6e-3
    assert np.isclose(Objective(found.circuit, H2.hamiltonian).value(found.params), found.value)
    assert found.circuits > 0 and found.n_evaluations > 0 and found.history


@pytest.mark.parametrize("method", [m for m in HAMILTONIAN_METHODS if m != "uccsd"])
def test_every_method_finds_the_energy_of_a_spin_model(method):
    found = solve_hamiltonian(RING, method, seed=2)
    near = 0.5 if method == "adapt" else 0.1  # of -8; a circuit that grows greedily may end in a local minimum
    assert -1e-9 < found.value - ground_energy(RING) < near


@pytest.mark.parametrize("method", [m for m in PROBLEM_METHODS if m != "xy-qaoa"])
def test_every_method_cuts_a_small_graph(method):
    found = solve_problem(CUT, method, seed=1, rounds=0)
    assert found.objective >= 0.8 * exhaustive(CUT).objective
    assert found.checked.objective == CUT.check(found.bits).objective and found.solution.method == method


def test_a_mixer_of_groups_is_always_feasible():
    assert one_hot_groups(COLOURS) == ((0, 1), (2, 3), (4, 5))
    found = solve_problem(COLOURS, "xy-qaoa", seed=1, rounds=0)
    assert found.feasible_share == 1 and found.objective == 1  # a triangle has no proper colouring with two


def test_defaults():
    assert default_method(H2) == default_method(RING) == "vqe"
    assert default_method(CUT) == "qaoa"
    large = MaxCut(100, tuple((k, k + 1) for k in range(99)))
    assert default_method(large) == "pce" and qubits_needed(large, "pce") < 12 < qubits_needed(large, "qaoa")
    assert solve_problem(CUT, seed=1).solution.method == "qaoa"


def test_optimisers_by_what_runs_the_circuits():
    assert Run().method == "l-bfgs" and Run(backend=Simulator(shots=10)).method == "spsa"
    assert Run(optimizer="cobyla", backend=Simulator(shots=10)).method == "cobyla"
    assert Run(backend=DeviceBackend("lima")).noisy and not Run(backend=Simulator()).noisy


@pytest.mark.parametrize("optimizer", doors.OPTIMIZERS)
def test_every_optimiser(optimizer):
    small = load_molecule("H2_0.7414")
    found = solve_hamiltonian(small, "vqe", optimizer=optimizer, layers=1, seed=3)
    assert -1e-9 < found.value - small.exact_energy() < 0.02
    assert len(found.history) <= doors.STEPS[optimizer]


def test_it_goes_on_where_it_was():
    small = load_molecule("H2_0.7414")
    how = {"optimizer": "spsa", "layers": 1, "seed": 4}
    whole = solve_hamiltonian(small, "vqe", steps=12, **how)
    part = solve_hamiltonian(small, "vqe", steps=12, callback=lambda step, w, v: step == 5, **how)
    rest = solve_hamiltonian(small, "vqe", steps=12, state=part.state, done=5, **how)
    np.testing.assert_allclose([*part.history, *rest.history], whole.history)
    np.testing.assert_allclose(rest.params, whole.params)


def test_same_seed_same_answer():
    a, b, c = (solve_hamiltonian(RING, "vqe", layers=2, steps=5, seed=s).params for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 0.01


def test_what_is_told_of_hamiltonians():
    assert bonds(RING) == ((0, 1), (0, 3), (1, 2), (2, 3))
    assert bonds(PauliSum.from_dict({"ZII": 1.0})) == ((0, 1), (1, 2))
    assert keeps_total_z(RING) and not keeps_total_z(spins.transverse_ising(spins.chain(3)))
    start = basis_state(spins.ising(spins.chain(4), field=0.1))
    value = Objective(start, spins.ising(spins.chain(4), field=0.1)).value(np.zeros(0))
    assert value == pytest.approx(-3)  # two up and two down, in turn


def test_a_relaxation_is_near_a_minimum():
    values = relaxation(CUT.qubo(), np.random.default_rng(0))
    assert set(np.round(values, 6)) <= {0.25, 0.75}
    assert CUT.check((values > 0.5).astype(np.uint8)).objective >= 0.7 * exhaustive(CUT).objective


@pytest.mark.parametrize(
    ("subject", "method", "options", "words"),
    [
        (CUT, "uccsd", {}, "'uccsd' is not for an optimisation problem; take one of qaoa"),
        (H2, "qaoa", {}, "'qaoa' is not for a Hamiltonian; take one of vqe"),
        (CUT, "qoaa", {}, "Did you mean 'qaoa'"),
        (H2, "vqee", {}, "Did you mean 'vqe'"),
        (RING, "uccsd", {}, "for molecules"),
        (spins.transverse_ising(spins.chain(3)), "symmetry", {}, "keep the total Z"),
        (CUT, "xy-qaoa", {}, "exactly one variable is 1"),
        (IndependentSet(3, ((0, 1),)), "xy-qaoa", {}, "IndependentSet has none"),
        (PauliSum.from_dict({"X": 1j}), "vqe", {}, "Hermitian"),
        (PauliSum.from_dict({"X": 1.0}), "tensor", {}, "2 to 22 qubits"),
        (H2, "vqe", {"optimizer": "spas"}, "Did you mean 'spsa'"),
        (H2, "vqe", {"layers": 0}, "at least 1"),
    ],
)
def test_what_does_not_fit(subject, method, options, words):
    with pytest.raises(ValueError, match=words):
        check_method(subject, method, **options)


def test_optimisers_of_encodings():
    """QRAO minimises an expectation value, which all can; the loss of Pauli correlation encoding is no such value."""
    ring = MaxCut(4, ((0, 1), (1, 2), (2, 3), (0, 3)))
    with pytest.raises(ValueError, match=r"'pce' takes the optimisers .*natural-gradient.* not 'rotosolve'"):
        check_method(ring, "pce", optimizer="rotosolve")
    for name in ("rotosolve", "natural-gradient", "qn-spsa", "adam-spsa"):
        check_method(ring, "qrao", optimizer=name)
        assert solve_problem(ring, "qrao", optimizer=name, steps=2, seed=0, shots=20).checked.feasible


def test_memory_is_counted_beforehand():
    with pytest.raises(MemoryError, match=r"on 40 qubits needs 70,368,744,177,664 bytes.*Method pce"):
        check_memory(40, "qaoa", encodable=True)
    with pytest.raises(MemoryError, match=r"on 800 qubits needs .*e\+"):
        check_memory(800, "qaoa")
    with pytest.raises(MemoryError, match=r"the machine has [\d,]+\.$"):  # nothing else would do
        check_memory(40, "vqe")
    check_memory(10, "vqe")


def test_cost_of_degree_four():
    from ketwork.operators import LowAutocorrelation

    for method in ("pce", "qrao"):
        with pytest.raises(ValueError, match="quadratic"):
            check_method(LowAutocorrelation(6), method)
    assert solve_problem(LowAutocorrelation(6), "qaoa", seed=1).objective == 7


@pytest.mark.parametrize(
    ("subject", "method", "optimizer"),
    [
        (H2, "uccsd", "rotoselect"), (H2, "adapt", "icans"), (RING, "symmetry", "rotoselect"), (CUT, "pce", "rosalin"),
        (CUT, "cvar-vqe", "rosalin"), (CUT, "rqaoa", "icans"), (CUT, "qaoa", "rotosolve"),
    ],
)  # fmt: skip
def test_optimisers_that_do_not_fit_are_refused_before_anything_runs(subject, method, optimizer):
    with pytest.raises(ValueError, match=f"Method '{method}' takes the optimisers .*l-bfgs.*, not '{optimizer}'"):
        check_method(subject, method, optimizer=optimizer)
