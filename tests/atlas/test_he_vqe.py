"""The parts of hardware-efficient VQE: molecules as in the paper, the magnet's closed forms, SPSA, native circuits."""

from dataclasses import replace

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.atlas import he_vqe
from ketwork.atlas.he_vqe import CHEMICAL, QUICK, Lab, Protocol, bonded, magnet_levels, native, square_magnet
from ketwork.models.ansatz import kandala
from ketwork.operators import ground_energy, group_qubitwise

SMALL = replace(
    QUICK,
    seeds={"H2": 2, "LiH": 1, "BeH2": 1},
    starts=2,
    protocol=Protocol(shots=400, steps=60, average=10, final_shots=20_000),
)


def test_hamiltonians_are_those_of_the_paper():
    """4 and 99 strings besides the identity, in 2 and 25 sets."""
    for name, length, qubits, terms, sets in (("H2", 0.7414, 2, 5, 2), ("LiH", 1.595, 4, 100, 25)):
        hamiltonian = bonded(name, length).hamiltonian
        assert (hamiltonian.n_qubits, len(hamiltonian)) == (qubits, terms)
        assert len(group_qubitwise([hamiltonian])) <= sets


def test_other_lengths_come_from_chemistry():
    """As the ready one where there is one; the orbitals along the bond at every length, so that terms stay 100, 165."""
    pytest.importorskip("pyscf")
    for name, lengths, terms in (("LiH", (4.0,), 100), ("BeH2", (2.4,), 165)):
        for length in lengths:
            found = bonded(name, length)
            assert len(found.hamiltonian) == terms
            assert found.exact_energy() < found.hf_energy


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.3, 0.45, 0.7, 1.0, 3.0])
def test_magnet_in_closed_form(ratio):
    hamiltonian = square_magnet(ratio)
    energy, mean = magnet_levels(ratio)
    assert ground_energy(hamiltonian) == pytest.approx(energy, abs=1e-9)
    state = np.linalg.eigh(hamiltonian.matrix())[1][:, 0]  # not degenerate at these
    z = he_vqe.magnetization(4).matrix()
    assert (state.conj() @ z @ state).real == pytest.approx(mean, abs=1e-7)


def test_native_circuits_are_the_same():
    circuit = kandala(3, 2, entangler="cx")
    w = np.random.default_rng(1).normal(size=circuit.n_weights) * 2
    one, two = (Simulator().state(c, w=w)[0] for c in (circuit, native(circuit)))
    assert abs(np.vdot(one, two)) == pytest.approx(1, abs=1e-12)
    assert set(native(circuit).count()) == {"rz", "sx", "cx"}


def test_a_point_of_a_curve():
    """Noiseless hydrogen is exact at depth 1; shots come near; noise adds to the energy, readout errors part of it."""
    row = Lab(SMALL, 0).point("H2", 0.7414)
    assert row["noiseless"] == pytest.approx(row["exact"], abs=1e-6)
    assert np.median(np.array(row["ideal"]) - row["exact"]) < 0.05
    assert min(row["noisy"]) > row["exact"] + 5e-3
    assert np.mean(row["read_truly"]) < np.mean(row["noisy"])
    assert len(row["history"]["ideal"]) == 60 and row["usual"]
    again = Lab(SMALL, 0).point("H2", 0.7414)
    assert again["ideal"] == row["ideal"] and again["noisy"] == row["noisy"]
    assert Lab(SMALL, 1).point("H2", 0.7414)["ideal"] != row["ideal"]


def test_lithium_hydride_needs_depth_two():
    """Noiseless: above chemical accuracy at depth 1, far below at 2."""
    lab = Lab(SMALL, 0)
    one, two = (min(lab.depth("LiH", depth)["errors"]) for depth in (1, 2))
    assert two < 0.2e-3 < CHEMICAL < one < 0.02


def test_magnet_by_depth():
    """Deeper circuits come nearer; depth 3 is there, depth 0 is the best product state: -4.5 at J = B."""
    row = Lab(SMALL, 0).magnet(1.0)
    energies = [entry["noiseless"][0] for entry in row["depths"]]
    assert energies[0] == pytest.approx(-4.5, abs=1e-5)
    assert (np.diff(energies) < 0).all()
    assert energies[3] == pytest.approx(-8, abs=0.08)
    assert row["depths"][3]["noiseless"][1] == pytest.approx(0, abs=0.01)
    assert row["depths"][0]["noisy"][0] > -4.5


def test_the_square_needs_its_own_couplings():
    """At depth 2 the four edges reach the ground state at J = B, a chain of as many weights does not."""
    errors = Lab(SMALL, 0).couplings(1.0)["errors"]
    assert errors["CX, square"][1] < 0.02 < errors["CX, chain"][1] < 0.05
    assert errors["CX, chain"][2] < 0.01
    assert all(error > -1e-9 for by_depth in errors.values() for error in by_depth)


def test_without_chemistry_only_ready_lengths(monkeypatch, tmp_path):
    from ketwork.experiments.ledger import open_ledger

    monkeypatch.setattr(he_vqe, "find_spec", lambda name: None)

    def known(name, length):
        if length not in (0.5, 1.595):
            raise ImportError("pyscf")

    monkeypatch.setattr(he_vqe, "bonded", known)
    with open_ledger(tmp_path / "run", {}) as ledger:
        assert he_vqe.chosen(QUICK, ledger) == [("H2", 0.5), ("LiH", 1.595)]
