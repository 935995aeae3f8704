"""What the entry on starts from tensor networks computes, on small systems, against what must be true."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.atlas.tn_init import (
    TnTask,
    bars_and_stripes,
    divergence,
    from_elsewhere,
    from_tensors,
    generative,
    model,
    padded,
    reference,
    slopes,
    starts,
)
from ketwork.operators.lanczos import ground_energy
from ketwork.solve.mps_circuit import staircase
from ketwork.solve.tensor_initialisation import random_start

TINY = TnTask(
    lattices=(("ladder", 6),), chis=(2, 4), references=(1, 8), layers=2, extra_layers=1, steps=15, seeds=2, sweeps=10,
    sizes=(4, 6), draws=2, rows=2, columns=2, data_steps=10,
)  # fmt: skip


def test_the_reference_is_exact_at_full_bond_dimension():
    found = reference("ladder", 6, TINY)
    assert found["exact"] == pytest.approx(ground_energy(model("ladder", 6)))
    assert found["energies"][1] == pytest.approx(found["exact"], abs=1e-8)
    assert found["energies"][0] > found["exact"] + 1
    assert found["variances"][1] == pytest.approx(0, abs=1e-6)


def test_training_from_tensors():
    found = from_tensors("ladder", 6, 4, TINY)
    exact = ground_energy(model("ladder", 6))
    assert found["energy_extended"] == pytest.approx(found["energy"], abs=1e-9)
    assert found["still"][0] == pytest.approx(found["energy"], abs=1e-9)
    assert len(found["with"]) == TINY.seeds
    for run in (*found["with"], *found["without"], found["still"]):
        assert len(run) == TINY.steps + 1
        assert run == sorted(run, reverse=True)
        assert run[-1] >= exact - 1e-9
    assert found["fidelities"] == sorted(found["fidelities"])
    assert found["n_blocks"] == 3 * 5
    assert from_tensors("ladder", 6, 4, TINY)["with"] == found["with"]


def test_training_from_elsewhere():
    for start in ("random", "identity"):
        found = from_elsewhere("chain", 4, start, TINY)
        exact = ground_energy(model("chain", 4))
        for run in (*found["with"], *found["without"]):
            assert run[0] > run[-1] >= exact - 1e-9
    drawn = starts(staircase(4), "random", TINY, 3)
    assert len(drawn) == 3
    assert not (drawn[0] == drawn[1]).all()
    with pytest.raises(ValueError, match="Did you mean 'random'"):
        starts(staircase(4), "randm", TINY)


def test_slopes():
    found = slopes(4, True, TINY)
    assert all(found[kind] > 0 for kind in ("chi 2", "chi 4", "random", "identity"))
    assert found["random"] > found["chi 4"]  # from an optimum slopes are small


def test_bars_and_stripes():
    p = bars_and_stripes(2, 2)
    assert sorted(np.flatnonzero(p)) == [0b0000, 0b0011, 0b0101, 0b1010, 0b1100, 0b1111]
    assert p.sum() == pytest.approx(1)
    assert np.count_nonzero(bars_and_stripes(3, 4)) == 2**3 + 2**4 - 2


def test_divergence_and_its_gradient():
    p, circuit = bars_and_stripes(2, 2), staircase(4)
    loss, point = divergence(circuit, p), random_start(circuit, 0)
    q = Simulator().probabilities(circuit, w=point)[0]
    value, gradient = loss(point)
    assert value == pytest.approx(sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a), abs=1e-6)
    for k in range(0, len(point), 9):
        step = 1e-5 * np.eye(len(point))[k]
        assert gradient[k] == pytest.approx((loss(point + step)[0] - loss(point - step)[0]) / 2e-5, abs=1e-5)


def test_generative():
    said = []
    found = generative(TINY, said.append)
    assert said == ["bars and stripes, chi = 2", "bars and stripes, chi = 4"]
    assert found["needed"] == 3  # rows 00 and 11 go with both alike, 01 and 10 with themselves alone
    assert found["chi 4"]["mps"] == pytest.approx(0, abs=1e-6)  # exact at that bond dimension
    assert found["chi 2"]["mps"] > 0.01
    for start in ("chi 2", "chi 4", "random", "identity"):
        assert all(run[-1] <= run[0] and len(run) == TINY.data_steps + 1 for run in found[start]["runs"])


def test_runs_that_stop_early_stay_there():
    assert padded([3.0, 2.0], 3) == [3.0, 2.0, 2.0, 2.0]


def test_bad_tasks():
    with pytest.raises(ValueError, match="Did you mean 'ladder'"):
        TnTask(lattices=(("lader", 6),))
    with pytest.raises(ValueError, match="even number of sites"):
        TnTask(lattices=(("chain", 7),))
    with pytest.raises(ValueError, match="`seeds` must be at least 2"):
        TnTask(seeds=1)
