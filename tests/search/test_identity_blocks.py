"""Blocks that do nothing: the state is what it was, slopes are derivatives, and mean-field states have none alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import PauliSum, Simulator
from ketwork.noise import NoiseModel, depolarizing
from ketwork.search import Energy, Place, Space, Task, draw
from ketwork.search.identity_blocks import (
    Insertion,
    identity_blocks,
    losses,
    put_in,
    slopes,
    taken_out,
    without_idle,
)
from ketwork.search.warm_start import n_angles
from searching import hydrogen_task

ENERGY = Energy(PauliSum.from_dict({"ZZI": 1.0, "IXX": 0.7, "YIY": -0.4, "ZII": 0.3}), -2.0)
SPACES = [
    Space(3, max_gates=10),
    Space(3, ("u3", "h", "cz", "rzz"), max_gates=10),
    Space(3, ("ry", "rz", "cx", "cz"), max_gates=20, layers=("linear", "matchings")),
]


def state(space, architecture, params):
    return Simulator().state(space.circuit(architecture), None, params)[0]


def drawn(space, rng, count=4):
    """A circuit with angles, and blocks at places in it."""
    architecture = draw(space, rng)
    blocks = identity_blocks(space)
    insertions = [
        Insertion(int(rng.integers(len(architecture) + 1)), blocks[rng.integers(len(blocks))]) for _ in range(count)
    ]
    return architecture, rng.uniform(-3, 3, n_angles(architecture)), insertions


@pytest.mark.parametrize("space", SPACES)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_blocks_put_in_leave_the_state_as_it_is(space, seed):
    architecture, params, insertions = drawn(space, np.random.default_rng(seed))
    longer, angles = put_in(architecture, params, insertions)
    assert len(longer) == len(architecture) + sum(len(block) for _, block in insertions)
    before, after = state(space, architecture, params), state(space, longer, angles)
    assert np.abs(before * np.vdot(before, after) - after).max() < 1e-12


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("noisy", [False, True])
def test_slopes_are_the_derivatives(space, noisy):
    model = NoiseModel().add(depolarizing(0.01, 1)).add(depolarizing(0.03, 2)) if noisy else None
    task = Task("three", ENERGY, space, Simulator("double", noise=model) if noisy else None)
    rng = np.random.default_rng(4)
    architecture, params, insertions = drawn(space, rng, 6)
    found, price = slopes(task, architecture, params, insertions)
    shifts = 0
    for slope, insertion in zip(found, insertions, strict=True):
        longer, angles = put_in(architecture, params, [insertion])
        meter = task.meter(longer)
        marks = np.arange(n_angles(architecture), dtype=float) + 1  # which angles are new
        new = np.flatnonzero(put_in(architecture, marks, [insertion])[1] == 0)
        step = 1e-4 * np.eye(len(angles))[new]
        derivatives = [(meter.value(angles + s) - meter.value(angles - s)) / 2e-4 for s in step]
        assert slope == pytest.approx(np.linalg.norm(derivatives), abs=1e-6)
        shifts += meter.price[1] - task.meter(architecture).price[1]
    assert price == shifts + (len(insertions) if noisy else 1)  # and one value for each circuit that is run


@pytest.mark.parametrize("noisy", [False, True])
def test_losses_are_the_errors_without_each_gate(noisy):
    model = NoiseModel().add(depolarizing(0.02, 1)) if noisy else None
    task = Task("three", ENERGY, SPACES[0], Simulator("double", noise=model) if noisy else None)
    architecture, params, _ = drawn(SPACES[0], np.random.default_rng(5))
    found, price = losses(task, architecture, params)
    for k, error in enumerate(found):
        less = task.space.circuit(architecture[:k] + architecture[k + 1 :])
        gone = n_angles(architecture[:k])
        angles = np.delete(params, np.arange(gone, gone + n_angles(architecture[k : k + 1])))
        value = Simulator("double", noise=model).expectation(less, ENERGY.observable, None, angles)[0, 0]
        assert error == pytest.approx(value + 2.0, abs=1e-10)
    assert price == len(architecture)


def test_what_single_gates_do_not_see_framed_ones_do():
    # |01> is the mean-field state of H2: no rotation of one qubit lowers the energy to first order (Brillouin), the
    # double excitation, half the angle times XX between |01> and |10>, does
    task = hydrogen_task()
    start = (Place("rx", (1,)),)
    params = np.array([np.pi])
    mean_field = task.meter(start).value(params)
    assert mean_field == pytest.approx(min(np.diag(task.goal.observable.matrix()).real))
    blocks = identity_blocks(task.space)
    steep, _ = slopes(task, start, params, [Insertion(1, block) for block in blocks])
    assert steep[[len(block) == 1 for block in blocks]] == pytest.approx(0, abs=1e-12)
    assert steep.max() == pytest.approx(0.18093119, abs=1e-9)


def test_the_frames_of_a_space():
    blocks = identity_blocks(Space(2, ("rz", "cx")))
    # RZ on the target between two CX is RZZ; on the control it is RZ again, and no block of its own
    assert {block for block in blocks if len(block) == 3} == {
        (Place("cx", (0, 1)), Place("rz", (1,)), Place("cx", (0, 1))),
        (Place("cx", (1, 0)), Place("rz", (0,)), Place("cx", (1, 0))),
    }
    assert identity_blocks(Space(2, ("h", "cx"))) == ()


def test_idle_gates_are_those_without_effect():
    architecture = (Place("rx", (0,)), Place("cx", (0, 1)), Place("u3", (1,)), Place("ry", (1,)))
    params = np.array([2 * np.pi, 0.0, 0.0, 0.0, 0.4])
    less, angles = without_idle(architecture, params)
    assert less == (Place("cx", (0, 1)), Place("ry", (1,))) and angles.tolist() == [0.4]
    assert taken_out(architecture, params, [0, 2])[0] == less
