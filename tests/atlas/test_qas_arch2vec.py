"""The paper's tasks by what is known of them, and searches that stop where they should."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.atlas.qas_arch2vec import (
    EDGES,
    H2,
    METHODS,
    Arch2vecTask,
    Preparation,
    Searched,
    autoencoded,
    circuits_of,
    searched,
    task_of,
)
from ketwork.circuit import w
from ketwork.operators import PauliSum
from ketwork.operators.lanczos import ground_energy
from ketwork.search.canonical import Place, canonical
from ketwork.search.latent_space import LatentSpace, points_of

TINY = Arch2vecTask(pool=120, epochs=2, samples=50, circuits=20, seeds=2)


@pytest.fixture(scope="module")
def learned():
    circuits = circuits_of(TINY)
    found, network = autoencoded(TINY, circuits, "wires")
    assert found.seconds > 0 and found.quality.valid_masked == 1
    return LatentSpace(tuple(circuits), points_of(network, circuits), found.seconds)


def test_the_space_is_the_papers():
    for n in (4, 8):
        space = Arch2vecTask(n).space
        assert [p.qubits for p in space.places if p.gate == "cx"] == [(q, (q + 1) % n) for q in range(n)]
        assert sum(p.gate == "swap" for p in space.places) == n * (n - 1) // 2
        assert len(space.gates) == 11
    circuits = circuits_of(TINY)
    assert len({canonical(c)[0] for c in circuits}) == 120
    assert np.median([len(c) for c in circuits]) == 10
    assert all(TINY.space.fits(c) for c in circuits)


def test_h2_is_the_molecule_at_070():
    pytest.importorskip("pyscf")
    from ketwork.operators.molecules import molecule

    exact = molecule("H 0 0 0; H 0 0 0.70")
    np.testing.assert_allclose(PauliSum.from_dict(H2).matrix(), exact.hamiltonian.matrix(), atol=1e-8)


def test_h2_has_the_papers_energy():
    assert ground_energy(PauliSum.from_dict(H2)) == pytest.approx(-1.136, abs=5e-4)


def test_energy_of_eight_qubits_is_that_of_free_fermions():
    """The ring of spins at its critical point: minus the sum of 2 sin(k/2) over odd multiples k of pi / 8."""
    task = task_of("energy", Arch2vecTask(8), (), 0)
    k = np.pi * (2 * np.arange(8) + 1) / 8
    assert -task.goal.scale == pytest.approx(-np.abs(2 * np.sin(k / 2)).sum(), abs=1e-8)


def test_maxcut_counts_edges():
    """The circuit that makes 0101 cuts all four edges of the ring: reward 1; no gate that flips: (1 + 0) / 5."""
    task = task_of("MaxCut", TINY, (), 0)
    cut = (Place("x", (1,)), Place("x", (3,)))
    assert task.evaluate(cut).error == pytest.approx(0, abs=1e-12)
    assert 1 - task.evaluate((Place("z", (0,)),)).error == pytest.approx(0.2)
    assert -task_of("MaxCut", Arch2vecTask(8), (), 0).goal.lowest <= len(EDGES[8])


def test_preparation_is_one_minus_fidelity():
    target = Circuit(2).ry(0, 0.7).cx(0, 1).u3(1, 0.3, 1.1, -0.4)
    goal = Preparation(target)
    trial = Circuit(2).ry(0, w[0]).cx(0, 1).rz(1, w[1])
    angles = np.array([0.4, 1.3])
    one, other = (Simulator().state(c, w=v)[0] for c, v in ((target, None), (trial, angles)))
    found = goal.error(goal.meter(trial, None).value(angles))
    assert found == pytest.approx(1 - abs(np.vdot(one, other)) ** 2, abs=1e-12)


def test_the_state_to_prepare_can_be_prepared(learned):
    """It is that of a circuit of the pool, another one for another seed."""
    tasks = [task_of("state preparation", TINY, learned.circuits, seed) for seed in (0, 0, 1)]
    targets = [task.goal.target for task in tasks]
    assert targets[0] == targets[1] != targets[2]
    best = min(tasks[0].evaluate(c, seed=s).error for c in learned.circuits for s in range(2))
    assert best < 0.05


@pytest.mark.parametrize("method", METHODS)
def test_searches_train_as_many_circuits_as_they_may(method, learned):
    found = searched(TINY, learned, "MaxCut", method, 1)
    assert len(found.rewards) == 20 and found.spent > 20
    assert max(found.rewards) <= 1 + 1e-9 and min(found.rewards) > -1e-9
    assert found.rewards == searched(TINY, learned, "MaxCut", method, 1).rewards
    assert learned.open_.all()


def test_candidates_are_counted():
    assert Searched("MaxCut", "random", 0, (0.95, 0.94, 1.0), 1, 0.0).candidates(0.95) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Arch2vecTask(5), "`n_qubits` must be 4 or 8"),
        (lambda: Arch2vecTask(seeds=1), "`seeds` must be at least 2"),
        (lambda: task_of("maxcut", TINY, (), 0), "`name` must be one of state preparation, MaxCut, energy"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
