"""Compiling the kernels ahead: said aloud the first time, silent ever after."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numba
import numpy as np
from llvmlite import binding

from ketwork.circuit import Circuit, w, x
from ketwork.engine.batch import Batch
from ketwork.engine.lower import lower
from ketwork.engine.observe import observe_paulis, observe_probabilities
from ketwork.engine.tile_kernels import run_tiles
from ketwork.operators import pauli_z

_FOLDER = Path(__file__).parent
_DTYPES = ("float32", "float64")
_SECONDS = {"ideal": 22, "noisy": 20, "trajectories": 20, "diagonal": 10, "many": 15}  # about, on two cores
_WHAT = {
    "ideal": "Ketwork's kernels",
    "diagonal": "Ketwork's kernels for QAOA",
    "many": "Ketwork's kernels for searches",
}
_QUBITS = 10  # the least that large-state kernels take in single precision


def _marker(group: str) -> Path:
    """A file beside the compiled kernels that is there once those of a group are: its name changes when any would."""
    text = hashlib.sha256(f"{numba.__version__} {np.__version__} {binding.get_host_cpu_name()}".encode())
    for source in sorted(_FOLDER.glob("*.py")):
        text.update(source.read_bytes())
    return Path(run_tiles.stats.cache_path) / f"compiled-{group}-{text.hexdigest()[:16]}"


def _drop_old_kernels() -> None:
    """Remove what other versions left: numba looks only at a kernel's own file, not at those it calls into."""
    if any(_marker(group).exists() for group in GROUPS):
        return
    folder = _marker("ideal").parent
    for path in [*folder.glob("*.nbi"), *folder.glob("*.nbc"), *folder.glob("compiled-*")]:
        path.unlink(missing_ok=True)


def _circuit() -> Circuit:
    """A circuit with every kind of operation: rotations and diagonals, by weights and by inputs."""
    circuit = Circuit(_QUBITS).rx(0, w[0] * x[0]).ry(1, w[0]).cx(0, 1)
    for q in range(4):
        circuit = circuit.rz(q, w[0]).rz(q, x[0])
    return circuit


def run_ideal(dtype: str) -> None:
    """Run something small through every ideal kernel of one precision."""
    program, weights = lower(_circuit()), np.array([0.1])
    sums = observe_paulis(program, [pauli_z(0, _QUBITS)])
    for observed in (sums, observe_probabilities(program, (0,))):
        for batch in (8, 1):  # as tiles, and alone
            run = Batch(program, observed, np.zeros((batch, 1)), weights, np.dtype(dtype), threads=1)
            run.pull_back(run.values())


def run_noisy(dtype: str) -> None:
    """Run something small through every noisy kernel of one precision."""
    from ketwork.engine import paulitransfer, transfer_layout, transfer_program
    from ketwork.noise import NoiseModel, depolarizing

    n = 6
    circuit = Circuit(n).ry(0, w[0] * x[0]).cx(0, 1).rxx(4, 5, w[0]).ch(4, 5)
    noise = NoiseModel().add(depolarizing(0.1)).add(depolarizing(0.1, 2))
    program = transfer_program.lower_noisy(circuit, noise, True)
    sums = [pauli_z(0, n)]
    for batch in (8, 1):
        run = paulitransfer.NoisyBatch(
            program, lambda order: transfer_layout.rows_of_sums(sums, order), np.zeros((batch, 1)), np.array([0.1]),
            dtype, threads=1,
        )  # fmt: skip
        run.pull_back(run.values(gradient=True), by_strength=True)


def run_trajectories(dtype: str) -> None:
    """The same for trajectories."""
    from ketwork.engine import trajectories

    trajectories.warm(dtype)


def run_diagonal(dtype: str) -> None:
    """The same for phases by a cost in turn with mixers."""
    from ketwork.engine import diagonal

    diagonal.warm(dtype)


def run_many(dtype: str) -> None:
    """Train something small in every way that there is for many circuits, in double precision, the only one."""
    from ketwork.engine import many
    from ketwork.noise import NoiseModel, depolarizing

    if dtype != "float64":
        return
    rows = [Circuit(2).ry(0, w[0]).gates, Circuit(2).cx(0, 1).gates]
    for noise in (None, NoiseModel().add(depolarizing(0.1))):
        group = many.Many(2, rows, pauli_z(0, 2), noise, threads=1)
        packed = group.pack([[0, 1]])
        group.values_and_gradients(packed, np.zeros(1))
        for method in ("adam", "l-bfgs"):
            found = many.descent(method, {})
            assert found is not None
            group.trained(packed, np.zeros(1), found, 2)


GROUPS: dict[str, Callable[[str], None]] = {
    "ideal": run_ideal,
    "noisy": run_noisy,
    "trajectories": run_trajectories,
    "diagonal": run_diagonal,
    "many": run_many,
}
"""The groups of kernels, compiled when the first of a group is needed, and what runs all of them."""


_under_way: set[str] = set()


def run_group(group: str, dtype: str) -> None:
    """Run all kernels of a group in one precision; what asks meanwhile whether they are compiled need not wait."""
    _under_way.add(group)
    try:
        GROUPS[group](dtype)
    finally:
        _under_way.discard(group)


def compile_group(group: str) -> float:
    """Compile and cache a group's kernels, the two precisions side by side in two processes; returns the seconds."""
    started = time.perf_counter()
    if not _marker(group).exists():
        _drop_old_kernels()
    lower(_circuit())  # what both precisions share
    code = f"from {__name__} import run_group; run_group({group!r}, {_DTYPES[1]!r})"
    there = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    other = subprocess.Popen([sys.executable, "-c", code], env=there, stdout=subprocess.DEVNULL)
    run_group(group, _DTYPES[0])
    other.wait()
    run_group(group, _DTYPES[1])  # finds them in the cache; compiles what the other process could not keep
    try:
        _marker(group).parent.mkdir(parents=True, exist_ok=True)
        _marker(group).touch()
    except OSError:
        pass  # no folder to write to: the message comes again
    return time.perf_counter() - started


def compile_all() -> float:
    """Compile and cache all kernels; returns the seconds it took."""
    return sum(compile_group(group) for group in GROUPS)


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@cache
def ensure_compiled(group: str = "ideal", say: Callable[[str], None] = _to_stderr) -> None:
    """Compile what is not compiled yet of a group, and say so before and after; looks only once a process."""
    if group in _under_way or _marker(group).exists():  # kernels that are just being compiled ask too
        return
    what = _WHAT.get(group, f"Ketwork's kernels for noise ({group})")
    say(f"First run on this machine: compiling {what}, once (about {_SECONDS[group]} s) ...")
    say(f"... done in {compile_group(group):.0f} s.")
