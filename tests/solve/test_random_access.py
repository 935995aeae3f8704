"""Quantum Random Access Optimisation against brute force, the original Hamiltonian, and the proved bounds."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.operators import IndependentSet, LowAutocorrelation, MaxCut, ground_energy
from ketwork.operators.lanczos import expectation
from ketwork.solve.random_access import access_code, random_access, relaxed


def graph(n, seed, chance=0.4):
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    return MaxCut(n, tuple(pair for pair in pairs if rng.random() < chance))


def best_cut(problem):
    return -problem.qubo().diagonal().min()


@pytest.mark.parametrize("code", [1, 2, 3])
@pytest.mark.parametrize("cost", [graph(9, 1).qubo(), LowAutocorrelation(7).objective])
def test_every_string_keeps_its_cost(cost, code):
    """The relaxed energy of the state that holds a string is the cost of the string; also of degree 4."""
    placed = access_code(cost, code)
    hamiltonian = relaxed(cost, placed)
    rows = np.random.default_rng(0).integers(0, 2, (20, cost.n_variables))
    energies = [float(expectation(hamiltonian, placed.product_state(row))) for row in rows]
    np.testing.assert_allclose(energies, cost.values(rows), atol=1e-9)


def test_bits_that_share_a_term_live_apart():
    cost = graph(30, 2, 0.2).qubo()
    for code in (1, 2, 3):
        placed = access_code(cost, code)
        assert max(map(len, placed.qubits)) <= code
        where = {bit: q for bit, (q, _) in placed.places.items()}
        assert all(where[i] != where[j] for (i, j), _ in ((k, c) for k, c in cost.terms if len(k) == 2))
    assert access_code(cost, 3).n_qubits < access_code(cost, 2).n_qubits < 30


def test_one_bit_a_qubit_relaxes_nothing():
    """The same operator up to the order of qubits, so the same spectrum."""
    cost = graph(7, 3).qubo()
    placed = access_code(cost, 1)
    diagonal = np.sort(np.diag(relaxed(cost, placed).matrix()).real)
    np.testing.assert_allclose(diagonal, np.sort(cost.diagonal()), atol=1e-9)
    solution = random_access(cost, code=1, ansatz="exact", shots=20, seed=0)
    assert solution.value == pytest.approx(cost.diagonal().min())
    assert cost.values(solution.samples).min() == pytest.approx(cost.diagonal().min())


@pytest.mark.parametrize(("code", "share"), [(2, 5 / 8), (3, 5 / 9)])
def test_exact_relaxations_round_to_the_optimum_and_keep_the_bound(code, share):
    """Of ten graphs: the relaxed optimum is not worse than the optimum, magic rounding is on average above the bound,
    W/2 + (relaxed - W/2) / k^2, and the best of its strings is the largest cut."""
    for seed in range(5):
        problem = graph(10, seed)
        optimum, total = best_cut(problem), len(problem.edges)
        solution = random_access(problem, code=code, ansatz="exact", shots=4000, seed=seed)
        cuts = -problem.qubo().values(solution.samples)
        assert -solution.value >= optimum - 1e-9
        spread = 5 * cuts.std() / np.sqrt(len(cuts))
        assert cuts.mean() == pytest.approx(total / 2 + (-solution.value - total / 2) / code**2, abs=spread)
        assert cuts.mean() >= share * optimum - spread
        assert cuts.max() == optimum


def test_signs_of_an_exact_ground_state_with_fields():
    """A path of five nodes: the unique largest independent set is found from the signs."""
    path = IndependentSet(5, ((0, 1), (1, 2), (2, 3), (3, 4)))
    solution = random_access(path, code=2, ansatz="exact", rounding="semideterministic", seed=0)
    assert solution.samples.shape == (1, 5)
    assert path.check(solution.samples[0]).objective == 3
    assert solution.value == pytest.approx(ground_energy(solution.extra["relaxed"]))


def test_the_circuit_reaches_the_ground_state():
    problem = graph(8, 4)
    solution = random_access(problem, steps=300, seed=2, shots=500)
    exact = ground_energy(solution.extra["relaxed"])
    assert solution.value == pytest.approx(exact, abs=0.05 * abs(exact))
    assert (-problem.qubo().values(solution.samples)).max() == best_cut(problem)
    assert solution.shots == 500
    assert len(solution.history) > 10


def test_a_run_goes_on_and_stops():
    problem = graph(8, 4)
    first = random_access(problem, method="adam", steps=3, seed=2)
    second = random_access(problem, method="adam", steps=10, seed=2, state=first.state)
    assert second.value < first.value
    stopped = random_access(problem, steps=50, seed=2, callback=lambda k, params, value: k == 2)
    assert len(stopped.history) == 2


def test_shots_and_other_circuits():
    problem = graph(6, 5)
    n = access_code(problem.qubo()).n_qubits
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.ry(q, w[q])
    backend = Simulator(shots=300, seed=7)
    options = {"ansatz": circuit, "method": "cobyla", "steps": 30, "backend": backend, "shots": 64, "seed": 0}
    for rounding, size in (("magic", 64), ("semideterministic", 1)):
        solution = random_access(problem, rounding=rounding, **options)
        assert solution.samples.shape == (size, 6)
        assert solution.shots > 300 * 30


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_access(graph(5, 0), code=4), r"`code` must lie in \[1, 3\]"),
        (lambda: random_access(graph(5, 0), rounding="best"), "`rounding` must be one of"),
        (lambda: random_access(graph(5, 0), ansatz=Circuit(9)), "`ansatz` must be a Circuit of"),
        (lambda: random_access(graph(5, 0), ansatz="mps"), "`ansatz` must be one of exact"),
        (lambda: random_access(graph(5, 0), shots=0), "`shots` must be at least 1"),
        (lambda: random_access(graph(5, 0), method="newton"), "`method` must be one of"),
        (lambda: random_access(graph(70, 0, 1.0), code=1), "n_qubits"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_something_else_than_a_problem():
    with pytest.raises(TypeError, match="must be a Problem or a Polynomial"):
        random_access([1, 2])
