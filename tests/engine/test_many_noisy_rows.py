"""Matrices on two qubits as lists of terms, for every way in which the qubits can lie."""

import numpy as np
import pytest

from ketwork import Circuit, NoiseModel, w
from ketwork.engine.many_noisy_rows import codes, noisy_rows
from ketwork.engine.many_rows import NotPacked
from ketwork.noise import amplitude_damping, depolarizing
from ketwork.operators import PauliSum


def test_channels_join_the_gate_that_they_follow():
    noise = NoiseModel().add(depolarizing(0.1, 2)).add(amplitude_damping(0.2), "cx").add(depolarizing(0.1), "rx")
    rows = noisy_rows([Circuit(2).cx(0, 1).gates, Circuit(2).rx(1, w[0]).gates], 2, noise)
    assert np.diff(rows.firsts).tolist() == [1, 2]  # one matrix; a rotation and its channel
    assert rows.counts.tolist() == [0, 1]
    assert rows.parts[1].tolist()[:3] == [1, 1, 1] and rows.parts[1, 4] == 0


def test_three_qubits_are_refused_and_starts_are_kept_apart():
    noise = NoiseModel().prepare(amplitude_damping(0.5), 1)
    with pytest.raises(NotPacked):
        noisy_rows([Circuit(3).ccx(0, 1, 2).gates], 3, noise)
    rows = noisy_rows([], 2, noise)
    assert np.array_equal(rows.start[0], np.eye(4).ravel())
    assert np.allclose(rows.start[1], amplitude_damping(0.5).transfer().ravel())


def test_letters_of_an_observable():
    letters, values = codes(PauliSum.from_list([("IXYZ", 2.0)]))
    assert letters.tolist() == [[0, 1, 2, 3]] and values.tolist() == [2.0]


def test_how_long_rows_take():
    noise = NoiseModel().idle([2.0, 4.0], [1.0, 5.0], {"rx": 0.1, "cx": 0.5}, (1, 0)).scaled(2.0)
    rows = [Circuit(2).rx(1, w[0]).gates, Circuit(2).cx(1, 0).gates, Circuit(2).rx(0, w[0]).gates]
    where, seconds, rates = noisy_rows(rows, 2, noise, {2}).idle
    assert where.tolist() == [[1, -1], [1, 0], [0, -1]] and seconds.tolist() == [0.1, 0.5, 0.0]
    np.testing.assert_allclose(rates, [[2 / 4, 2 / 5], [2 / 2, 2 / 1]])
    assert len(noisy_rows(rows, 2, NoiseModel()).idle[0]) == 0
