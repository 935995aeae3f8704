"""Observables applied to one state, against their matrices."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum
from ketwork.engine import hamiltonian
from ketwork.engine.lanes import WIDTH
from ketwork.engine.lower import lower
from ketwork.engine.observe import observe_paulis
from ketwork.engine.tiles import aligned_zeros
from random_circuits import random_circuit

TABLED = pytest.mark.parametrize("table_bytes", [0, 1 << 25])


def random_sum(rng, n, strings):
    terms = [("".join(rng.choice(list("IXYZ"), n)), float(v)) for v in rng.normal(size=strings)]
    return PauliSum.from_list(terms)


@TABLED
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("circuit", [Circuit(7), random_circuit(np.random.default_rng(0), 7, 60)])
def test_applying_is_the_product_with_the_matrix(circuit, dtype, table_bytes, monkeypatch):
    monkeypatch.setattr(hamiltonian, "_TABLE_BYTES", table_bytes)
    monkeypatch.setattr(hamiltonian, "_SMALL_BYTES", table_bytes)
    rng, n = np.random.default_rng(1), 7
    program = lower(circuit)
    sums, weights = [random_sum(rng, n, k) for k in (60, 1, 300)], rng.normal(size=3).astype(dtype)
    ready = hamiltonian.applied(observe_paulis(program, sums), n, np.dtype(dtype))
    assert (len(ready.table) > 0) == (table_bytes > 0)
    state, costate = (aligned_zeros((2 << n,), dtype) for _ in range(2))
    state[:] = rng.normal(size=2 << n)
    out, parts = np.zeros(3), np.zeros(3)
    steps = (1 << n) // (hamiltonian.ROWS * WIDTH[np.dtype(dtype)])
    hamiltonian.apply(state, costate, (0, steps), *ready.arrays, weights, out)
    order = program.logical_index()  # what the frame of the program makes of the stored order
    psi, found = np.zeros(1 << n, complex), np.zeros(1 << n, complex)
    psi[order] = state[: 1 << n] + 1j * state[1 << n :]
    found[order] = costate[: 1 << n] + 1j * costate[1 << n :]
    tolerance = {"rtol": 1e-12, "atol": 1e-11} if dtype is np.float64 else {"rtol": 1e-4, "atol": 2e-3}
    np.testing.assert_allclose(
        found, sum(c * s.matrix() for c, s in zip(weights, sums, strict=True)) @ psi, **tolerance
    )
    np.testing.assert_allclose(out, [(psi.conj() @ s.matrix() @ psi).real for s in sums], **tolerance)
    for span in ((0, 1), (1, steps)):  # in parts, and without a co-state
        hamiltonian.apply(state, costate[:0], span, *ready.arrays, weights, parts)
    np.testing.assert_allclose(parts, out, **tolerance)


def test_strings_that_flip_the_same_bits_are_one_group():
    total = PauliSum.from_dict({"ZZIIIII": 1.0, "IIIIIZI": 2.0, "XXIIIII": 3.0, "YYIIIII": 4.0, "XYIIIII": 5.0})
    ready = hamiltonian.applied(observe_paulis(lower(Circuit(7)), [total]), 7, np.dtype(np.float64))
    assert len(ready.groups) == 3
    assert ready.sections.tolist() == [0, 2, 3]


def test_what_is_applied_is_kept():
    observed = observe_paulis(lower(Circuit(5)), [PauliSum.from_dict({"ZZIII": 1.0})])
    dtype = np.dtype(np.float64)
    assert hamiltonian.applied(observed, 5, dtype) is hamiltonian.applied(observed, 5, dtype)


def test_large_tables_are_let_go_when_there_are_many_and_made_again(monkeypatch):
    monkeypatch.setattr(hamiltonian, "_SMALL_BYTES", 0)
    monkeypatch.setattr(hamiltonian, "_ALL_BYTES", 5 << 10)
    monkeypatch.setattr(hamiltonian, "_large", [])
    dtype, program = np.dtype(np.float64), lower(Circuit(7))
    several = [PauliSum.from_dict({f"ZZII{letter}II": 1.0, "ZIIIIII": 2.0, "IIIZIII": 3.0}) for letter in "IZ" * 4]
    kept = [observe_paulis(program, [one]) for one in several]
    tables = [hamiltonian.applied(one, 7, dtype).table for one in kept]  # 1 KiB each
    assert [bool(one.kept) for one in kept] == [False] * 3 + [True] * 5
    np.testing.assert_array_equal(hamiltonian.applied(kept[0], 7, dtype).table, tables[0])
    assert [bool(one.kept) for one in kept] == [True] + [False] * 3 + [True] * 4
    del kept
    hamiltonian.applied(observe_paulis(program, [several[0]]), 7, dtype)
    assert len(hamiltonian._large) == 1
