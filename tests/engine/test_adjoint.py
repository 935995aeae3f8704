"""The sweep back undoes the walk, and its gradients are derivatives."""

import numpy as np
import pytest

from ketwork.engine.adjoint import walk_back
from ketwork.engine.lanes import WIDTH
from ketwork.engine.lower import lower
from ketwork.engine.statevector import walk
from ketwork.engine.tile_kernels import fill_rows
from ketwork.engine.tiles import aligned_zeros, drive
from random_circuits import random_circuit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(6))
def test_walking_back_restores_the_state_and_keeps_overlaps(dtype, seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, int(rng.integers(2, 7)), 40)
    program, width = lower(circuit), WIDTH[np.dtype(dtype)]
    inputs = rng.normal(size=(width, circuit.n_inputs))
    driven = drive(program, inputs, rng.normal(size=circuit.n_weights), dtype)
    half, (lanes_of, places, rows) = program.half, program.where
    S, L, T = (aligned_zeros((k * half * width,), dtype) for k in (2, 2, 1))
    S[:], L[:] = rng.normal(size=len(S)), rng.normal(size=len(L))
    coefficients = aligned_zeros((2 * len(lanes_of) * width,), dtype)
    term_angles = aligned_zeros((len(places) * width,), dtype)
    fill_rows(0, driven.by_lane, lanes_of, driven.shared, places, coefficients, term_angles)
    start, costart = S.copy(), L.copy()
    walk(S, T, half, program.ops, 0, len(program.ops), coefficients, rows, term_angles, driven.tables)
    walk(L, T, half, program.ops, 0, len(program.ops), coefficients, rows, term_angles, driven.tables)
    tolerance = 2e-5 if dtype is np.float32 else 1e-12
    overlap = (S * L).reshape(-1, width).sum(axis=0)
    np.testing.assert_allclose(overlap, (start * costart).reshape(-1, width).sum(axis=0), atol=50 * tolerance)
    gradients = (
        aligned_zeros((len(lanes_of) * width,), dtype),
        aligned_zeros((len(places) * width,), dtype),
        np.zeros((program.n_tables, half)),
    )
    inputs_of_walk = (coefficients, rows, term_angles, driven.tables)
    walk_back(S, L, T, half, program.ops, 0, len(program.ops), inputs_of_walk, gradients)
    np.testing.assert_allclose(S, start, atol=tolerance)
    np.testing.assert_allclose(L, costart, atol=tolerance)
    assert np.abs(gradients[0]).max() > 1e-3
