"""Hand-made circuits: those that fit the task, trained with its budget."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.experiments.hand_made import ANSAETZE, hand_made, trained_by_hand, within, written_out
from ketwork.operators import load_molecule
from ketwork.search import Energy, Inner, Space, Task

GOAL = Energy(PauliSum.from_dict({"ZZI": 1.0, "IZZ": 1.0, "XII": 0.5, "IXI": 0.5, "IIX": 0.5}), -2.5)
TASK = Task("ising", GOAL, Space(3, max_gates=25), inner=Inner(steps=10))


def test_as_many_layers_as_fit():
    found = hand_made(TASK)
    assert set(found) == set(ANSAETZE)
    for circuit in found.values():
        assert within(TASK.space, circuit) and circuit.n_weights > 0
    small = Task("small", GOAL, Space(3, max_gates=4), inner=Inner(steps=10))
    assert all(len(circuit) > 4 for circuit in hand_made(small).values())  # one layer, although it does not fit


def test_on_a_device_gates_stay_on_its_couplings():
    pairs = ((0, 1), (1, 2))
    for circuit in hand_made(Task("chain", GOAL, Space(3, couplings=pairs, max_gates=25))).values():
        assert {tuple(sorted(gate.qubits)) for gate in circuit if len(gate.qubits) == 2} <= set(pairs)


def test_coupled_cluster_takes_part_for_molecules():
    molecule = load_molecule("H2_0.7414_4q_jordan_wigner")
    goal = Energy(molecule.hamiltonian, float(np.linalg.eigvalsh(molecule.hamiltonian.matrix())[0]))
    task = Task("h2", goal, Space(4), inner=Inner(steps=30))
    row = trained_by_hand(task, "uccsd", hand_made(task, molecule)["uccsd"], 3000, 0, lambda text: None)
    assert row["error"] == pytest.approx(0, abs=1e-6)  # coupled cluster is exact for two electrons
    assert not row["fits"] and row["two_qubit"] == 8 * 6 + 4 * 4  # 8 strings of 4 letters, 4 of 3


def test_sizes_of_evolutions_are_those_of_their_gates():
    circuit = Circuit(3).pauli_rotation((0, 1, 2), "XYZ", w[0]).rz(0, w[1])
    # H; S H; then CX CX RZ CX CX and all back; the last gate is alone
    assert written_out(circuit)[::2] == (1 + 2 + 5 + 2 + 1 + 1, 4)
    assert written_out(Circuit(2).h(0).cx(0, 1).rz(1, w[0])) == (3, 3, 1)


def test_the_budget_is_spent_on_starts():
    circuit, told = hand_made(TASK)["real_amplitudes"], []
    few, many = (trained_by_hand(TASK, "r", circuit, budget, 1, told.append) for budget in (600, 6000))
    assert few["spent"] <= 600 and many["spent"] <= 6000 and many["starts"] > few["starts"] >= 1
    assert many["error"] <= few["error"] and len(told) == few["starts"] + many["starts"]
    value = Simulator().expectation(circuit, GOAL.observable, None, many["params"])[0, 0]
    assert value == pytest.approx(many["value"]) and many["final"]["ideal"] == pytest.approx(many["error"])


def test_a_budget_too_small_for_it():
    row = trained_by_hand(TASK, "r", hand_made(TASK)["real_amplitudes"], 5, 1, lambda text: None)
    assert row["error"] is None and row["spent"] == 0 and row["final"] == {}
