"""Axes of rotations: read, changed, and chosen by rotoselect on circuits."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.models.ansatz import kandala, real_amplitudes
from ketwork.operators import ground_energy, load_molecule
from ketwork.solve.axis_selection import axes_of, with_axes
from ketwork.solve.objective import Objective
from ketwork.solve.vqe import vqe

ENERGY = PauliSum.from_dict({"XX": 0.5, "YZ": -0.7, "ZI": 0.3, "IY": 0.6})


def layered(axes):
    circuit = Circuit(2)
    for k, letter in enumerate(axes):
        circuit = circuit.append("r" + letter.lower(), [k % 2], [w[k]])
        if k % 2:
            circuit = circuit.cz(0, 1).rx(0, 0.3)
    return circuit


def test_axes_are_read_and_changed():
    circuit = layered("XYZZ")
    assert axes_of(circuit) == "XYZZ"
    assert with_axes(circuit, "YYXZ") == layered("YYXZ")
    assert with_axes(circuit, "XYZZ") == circuit


@pytest.mark.parametrize("letter", "XYZ")
def test_one_qubit_is_solved_in_one_sweep(letter):
    """x X + z Z from |0>: R_y reaches the ground state, whatever axis it starts with."""
    hamiltonian = PauliSum.from_dict({"X": 0.6, "Z": -0.8, "I": 0.1})
    found = vqe(hamiltonian, with_axes(Circuit(1).ry(0, w[0]), letter), method="rotoselect", steps=1, seed=0)
    assert found.value == pytest.approx(-0.9, abs=1e-12)
    assert axes_of(found.circuit) == "Y" and found.n_evaluations == 7
    assert Objective(found.circuit, hamiltonian).value(found.params) == pytest.approx(found.value, abs=1e-12)


def test_chosen_axes_do_better_than_fixed_ones():
    """Real rotations cannot make the complex ground state of YZ and IY terms; with axes free they can."""
    start = np.random.default_rng(0).uniform(-1, 1, 6)
    fixed = vqe(ENERGY, layered("YYYYYY"), method="rotosolve", steps=40, start=start)
    free = vqe(ENERGY, layered("YYYYYY"), method="rotoselect", steps=40, start=start)
    assert free.value < fixed.value - 1e-3
    assert free.value >= ground_energy(ENERGY) - 1e-9
    assert Objective(free.circuit, ENERGY).value(free.params) == pytest.approx(free.value, abs=1e-10)


def test_several_starts_begin_with_the_axes_of_the_circuit():
    alone = [vqe(ENERGY, layered("ZZXX"), method="rotoselect", steps=2, seed=rng).value
             for rng in np.random.default_rng(5).spawn(3)]  # fmt: skip
    assert vqe(ENERGY, layered("ZZXX"), method="rotoselect", steps=2, seed=5, starts=3).value == pytest.approx(
        min(alone)
    )


def test_samples_are_of_the_chosen_circuit():
    found = vqe(
        PauliSum.from_dict({"Z": 1.0}), Circuit(1).rz(0, w[0]), method="rotoselect", steps=1, seed=0, samples=20
    )
    assert found.value == pytest.approx(-1) and found.samples.tolist() == [[1]] * 20


def test_with_shots_too():
    found = vqe(ENERGY, layered("YYYY"), method="rotoselect", steps=4, backend=Simulator(seed=1, shots=2000), seed=0)
    assert found.shots > 0 and Objective(found.circuit, ENERGY).value(found.params) == pytest.approx(
        found.value, abs=0.15
    )


def test_hydrogen():
    molecule = load_molecule("H2")
    found = vqe(molecule.hamiltonian, kandala(2, 1), method="rotoselect", steps=20, seed=2)
    assert 0 <= found.value - molecule.exact_energy() + 1e-9 < 1e-4


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (Circuit(1).rx(0, 2 * w[0]), r"w\[0\] is in rx\(2\*?"),
        (Circuit(1).rx(0, w[0] + 0.5), r"w\[0\] is in rx"),
        (Circuit(1).rx(0, w[0]).ry(0, w[0]), r"w\[0\] is in ry"),
        (Circuit(2).rzz(0, 1, w[0]), r"w\[0\] is in rzz"),
        (Circuit(1).rx(0, w[1]), r"w\[0\] is in no gate"),
    ],
)
def test_what_has_no_axes(circuit, message):
    with pytest.raises(ValueError, match=message):
        axes_of(circuit)


def test_what_rotoselect_cannot_do():
    cost = PauliSum.from_dict({"ZZI": 1.0})
    with pytest.raises(ValueError, match="CVaR"):
        vqe(cost, real_amplitudes(3, 1), method="rotoselect", alpha=0.5)
