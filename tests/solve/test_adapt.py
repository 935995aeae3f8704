"""ADAPT-VQE: exact energies, falling energies, slopes against differences, going on, backends, doors."""

import json

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator
from ketwork.operators import ground_energy, load_molecule
from ketwork.operators.spins import chain, heisenberg, transverse_ising
from ketwork.solve.adapt import adapt, commutators, pool_gradient
from ketwork.solve.excitations import excite, reference_circuit
from ketwork.solve.pools import POOLS, local_pool, minimal_pool, molecule_pool

HYDROGEN = load_molecule("H2")


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("name", ["H2", "LiH"])
def test_reaches_the_exact_energy(name, kind):
    """To 1e-6 hartree with every pool; energies fall with every operator; hydrogen needs one."""
    molecule = load_molecule(name, "jordan_wigner")
    found = adapt(molecule, kind, tolerance=1e-5)
    assert found.value == pytest.approx(molecule.exact_energy(), abs=1e-6)
    assert found.history[0] == pytest.approx(molecule.hf_energy, abs=1e-9)
    assert (np.diff(found.history) < 0).all()
    assert len(found.history) == len(found.params) + 1 == len(found.extra["operators"]) + 1
    assert found.extra["gradient_norms"][-1] <= 1e-5 < min(found.extra["gradient_norms"][:-1])
    value = Simulator().expectation(found.circuit, molecule.hamiltonian, w=found.params)[0, 0]
    assert found.value == pytest.approx(value, abs=1e-12)
    if name == "H2":
        assert len(found.params) == 1


def test_four_hydrogens():
    """Beyond two electrons, with fewer operators than all; the parity encoding chooses the same ones."""
    molecule = load_molecule("H4chain")
    found = adapt(molecule, tolerance=1e-3)
    assert 0 <= found.value - molecule.exact_energy() < 1e-4
    assert len(found.params) < 26
    there = adapt(load_molecule("H4chain", "jordan_wigner"), tolerance=1e-3, operators=3)
    assert there.extra["chosen"] == found.extra["chosen"][:3]
    assert np.allclose(there.history, found.history[:4], atol=1e-9)


@pytest.mark.parametrize("kind", POOLS)
def test_slopes_against_differences(kind):
    """<[H, A]> is the derivative by the weight of the operator, were it added next."""
    molecule = load_molecule("LiH", "jordan_wigner")
    pool = molecule_pool(molecule, kind)
    weights = np.random.default_rng(0).normal(size=3)
    circuit = reference_circuit(molecule)
    for k, value in enumerate(weights):
        circuit = excite(circuit, pool[k], float(value))
    slopes = pool_gradient(molecule.hamiltonian, pool, circuit, None)
    for item, slope in zip(pool, slopes, strict=True):
        up, down = (
            Simulator().expectation(excite(circuit, item, step), molecule.hamiltonian)[0, 0] for step in (1e-5, -1e-5)
        )
        assert slope == pytest.approx((up - down) / 2e-5, abs=1e-8)
    assert np.abs(slopes).max() > 1e-3


def test_commutators_are_hermitian():
    molecule = load_molecule("LiH")
    for item, found in zip(
        molecule_pool(molecule), commutators(molecule.hamiltonian, molecule_pool(molecule)), strict=True
    ):
        a, h = item.operator.matrix(), molecule.hamiltonian.matrix()
        assert found.is_hermitian and np.allclose(found.matrix(), h @ a - a @ h)


def test_spin_chains():
    """Without a molecule: a transverse Ising chain, and a Heisenberg chain in a field from its Neel state. Without the
    field, the latter ends in two singlets side by side, where the slopes of all strings on two sites are 0."""
    ising = transverse_ising(chain(4), -1.0, -0.7)
    found = adapt(ising, local_pool(4, real=True), tolerance=1e-5)
    assert found.value == pytest.approx(ground_energy(ising), abs=1e-6)
    neel = Circuit(4).x(1).x(3)
    magnet = heisenberg(chain(4), 1.0, (0.0, 0.0, [0.3, -0.1, 0.2, 0.4]))
    found = adapt(magnet, local_pool(4), start=neel)
    assert found.value == pytest.approx(ground_energy(magnet), abs=1e-6)
    assert adapt(heisenberg(chain(4)), local_pool(4), start=neel).value == pytest.approx(-6)


def test_blind_starts_are_told():
    """The minimal pool has no slope at Hartree-Fock: it says so, and returns the start."""
    molecule = load_molecule("LiH", "jordan_wigner")
    found = adapt(molecule, minimal_pool(6))
    assert len(found.params) == 0 and found.value == pytest.approx(molecule.hf_energy)
    assert "Take another start or another pool" in found.message


def test_going_on_is_the_same_run():
    """Three operators and then the rest are the whole run; the state is plain data."""
    molecule = load_molecule("LiH")
    whole = adapt(molecule, tolerance=1e-5)
    first = adapt(molecule, operators=3, tolerance=1e-5)
    assert "3 operators added" in first.message and len(first.params) == 3
    rest = adapt(molecule, tolerance=1e-5, state=json.loads(json.dumps(first.state)))
    assert rest.extra["chosen"] == whole.extra["chosen"]
    assert np.allclose(rest.history, whole.history, atol=1e-12)
    assert np.allclose(rest.extra["gradient_norms"], whole.extra["gradient_norms"], atol=1e-9)
    stopped = adapt(molecule, callback=lambda step, params, value: step == 2 and len(params) == 2)
    assert stopped.message == "stopped by the callback" and len(stopped.params) == 2


def test_the_bill():
    """Exact: one circuit a slope call; shots are counted for energies and slopes."""
    found = adapt(HYDROGEN, operators=1, tolerance=0.0)
    assert found.circuits >= found.n_evaluations > 3 and found.shots == 0 and found.seconds > 0
    backend = Simulator("double", shots=20_000, seed=3)
    noisy = adapt(HYDROGEN, "pauli", operators=2, tolerance=0.05, backend=backend, method="cobyla", steps=40)
    assert noisy.shots > 40 * 20_000
    assert Simulator().expectation(noisy.circuit, HYDROGEN.hamiltonian, w=noisy.params)[0, 0] == pytest.approx(
        HYDROGEN.exact_energy(), abs=0.02
    )
    again = adapt(HYDROGEN, "pauli", operators=2, tolerance=0.05, backend=backend, method="cobyla", steps=40)
    assert again.history == noisy.history


def test_any_backend():
    """One without a pullback: gradients by the shift rule."""

    class Plain:
        def expectation(self, circuit, observables, x=None, w=None):
            return Simulator().expectation(circuit, observables, x, w)

        def sample(self, *arguments, **named):
            return Simulator().sample(*arguments, **named)

    found = adapt(HYDROGEN, backend=Plain())
    assert found.value == pytest.approx(HYDROGEN.exact_energy(), abs=1e-8)


def test_doors():
    hamiltonian = HYDROGEN.hamiltonian
    with pytest.raises(TypeError, match="made from a Molecule's orbitals and electrons"):
        adapt(hamiltonian)
    with pytest.raises(TypeError, match="must be a Molecule or a PauliSum, but is str"):
        adapt("H2")
    with pytest.raises(ValueError, match="is empty"):
        adapt(hamiltonian, [])
    with pytest.raises(ValueError, match="must act on 2 qubits"):
        adapt(hamiltonian, minimal_pool(3))
    with pytest.raises(ValueError, match="must have 2 qubits, but has 3"):
        adapt(hamiltonian, minimal_pool(2), start=Circuit(3))
    from ketwork import w

    with pytest.raises(ValueError, match="no weights"):
        adapt(hamiltonian, minimal_pool(2), start=Circuit(2).rx(0, w[0]))
    with pytest.raises(ValueError, match="the same pool"):
        adapt(HYDROGEN, state=adapt(hamiltonian, minimal_pool(2), operators=1).state)
    with pytest.raises(ValueError, match="must be one of"):
        adapt(HYDROGEN, method="rotosolve")
    with pytest.raises(ValueError, match="Hermitian"):
        adapt(PauliSum.from_dict({"XY": 1j}), minimal_pool(2))


@pytest.mark.parametrize("shots", [None, 100])
def test_going_on_equals_not_stopping_with_drawn_values_too(shots):
    hamiltonian = transverse_ising(chain(2), 1.0, 0.7)
    pool = local_pool(2)

    def grow(operators, state=None):
        backend = Simulator("double", shots=shots, seed=3)
        return adapt(
            hamiltonian, pool, operators=operators, tolerance=0.0, method="spsa", steps=3, backend=backend, seed=0,
            state=state,
        )  # fmt: skip

    whole, first = grow(3), grow(1)
    rest = grow(3, json.loads(json.dumps(first.state)))
    assert rest.history == whole.history and rest.extra == whole.extra
    np.testing.assert_array_equal(rest.params, whole.params)


def test_a_state_of_another_hamiltonian_is_refused():
    pool = local_pool(2, real=True)
    state = adapt(transverse_ising(chain(2), 1.0, 0.7), pool, operators=1).state
    with pytest.raises(ValueError, match="same Hamiltonian"):
        adapt(transverse_ising(chain(2), 1.0, 0.8), pool, operators=1, state=state)


def test_an_interrupt_behind_the_optimiser_leaves_whole_operators():
    """Weights and operators fit each other wherever Ctrl-C comes."""
    for cut in range(1, 12):
        backend = Cut(cut)
        try:
            found = adapt(
                transverse_ising(chain(2), 1.0, 0.7), local_pool(2), operators=2, method="spsa", steps=1, seed=0,
                backend=backend, a=0.1,
            )  # fmt: skip
        except KeyboardInterrupt:
            assert cut == 1  # before there is anything
            continue
        assert len(found.params) == found.circuit.n_weights == len(found.history) - 1


class Cut:
    """A backend that is interrupted at its k-th call."""

    def __init__(self, k):
        self.left = k

    def expectation(self, *arguments):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return Simulator().expectation(*arguments)

    def sample(self, *arguments, **named):
        return Simulator().sample(*arguments, **named)
