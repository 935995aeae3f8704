"""The driver of batches: spans, threads, memory layout, prepared states."""

import threading

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.engine.lower import lower
from ketwork.engine.tiles import aligned_zeros, initial_tile, spread, useful_threads
from random_circuits import random_circuit


@pytest.mark.parametrize(("count", "threads"), [(1, 4), (7, 3), (16, 2), (5, 1)])
def test_spans_cover_everything_once_and_come_back_in_order(count, threads):
    spans = spread(lambda span: list(range(*span)), count, threads)
    assert [k for span in spans for k in span] == list(range(count))
    assert len(spans) == min(count, threads)


def test_the_caller_works_too():
    names = spread(lambda span: threading.current_thread().name, 4, 2)
    assert names[0] == threading.current_thread().name
    assert names[1].startswith("ketwork")


def test_errors_of_other_threads_arrive():
    def work(span):
        if span[0]:
            raise RuntimeError("far away")

    with pytest.raises(RuntimeError, match="far away"):
        spread(work, 4, 2)


def test_small_work_stays_on_one_thread():
    circuit = random_circuit(np.random.default_rng(0), 4, 10)
    assert useful_threads(lower(circuit), 16, 8, 1) == 1
    assert useful_threads(lower(circuit), 10**7, 8, 1) == 8


def test_arrays_start_on_a_cache_line():
    for size in (1, 3, 100):
        assert aligned_zeros((size, 16), np.float32).ctypes.data % 64 == 0


def test_prepared_states_are_products_with_zeros_elsewhere():
    amplitudes = np.array([0.6, 0.8j])
    tile = initial_tile(lower(Circuit(3).prepare((1,), amplitudes)))
    expected = np.zeros(8, complex)
    expected[[0, 2]] = amplitudes
    np.testing.assert_allclose(tile[:8] + 1j * tile[8:], expected)


@pytest.mark.parametrize("batch", [1, 15, 16, 17, 40])
def test_every_size_of_batch(batch):
    rng = np.random.default_rng(batch)
    circuit = random_circuit(rng, 3, 20)
    x, w = rng.normal(size=(batch, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    simulator = Simulator("single")
    alone = np.concatenate([simulator.probabilities(circuit, row[None], w) for row in x])
    np.testing.assert_allclose(simulator.probabilities(circuit, x, w), alone, atol=1e-6)
