"""Compiling the kernels ahead: said aloud the first time, silent ever after."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
from llvmlite import binding

from ketwork.circuit import Circuit, w, x
from ketwork.engine.simulator import Simulator
from ketwork.operators import pauli_z

_FOLDER = Path(__file__).parent


def _marker() -> Path:
    """A file beside the compiled kernels that is there once they are: its name changes when they would."""
    text = hashlib.sha256(f"{numba.__version__} {np.__version__} {binding.get_host_cpu_name()}".encode())
    for source in sorted(_FOLDER.glob("*.py")):
        text.update(source.read_bytes())
    return _FOLDER / "__pycache__" / f"compiled-{text.hexdigest()[:16]}"


def compile_all(precisions: tuple[str, ...] = ("single", "double")) -> float:
    """Run something small through every kernel, so that all are compiled and cached; returns the seconds it took."""
    started = time.perf_counter()
    angle = w[0] * x[0]  # type: ignore[operator]
    circuit = Circuit(8).rx(0, angle).ry(1, w[0]).cx(0, 1)  # type: ignore[arg-type]
    for q in range(4):
        circuit = circuit.rz(q, w[0]).rz(q, x[0])  # type: ignore[arg-type]
    for precision in precisions:
        simulator = Simulator(precision, threads=1)
        for batch in (4, 1):
            inputs = np.zeros((batch, 1))
            values, pull_back = simulator.value_and_pullback(circuit, pauli_z(0, 8), inputs, [0.1])
            pull_back(values)
        simulator.probabilities_and_pullback(circuit, inputs, [0.1])
    try:
        _marker().parent.mkdir(exist_ok=True)
        _marker().touch()
    except OSError:
        pass  # a read-only installation: numba keeps its cache elsewhere, and the message comes again
    return time.perf_counter() - started


def ensure_compiled(say: Callable[[str], None], precision: str = "single") -> None:
    """Compile what is not compiled yet, and say so before and after."""
    if _marker().exists():
        return
    say("First run on this machine: compiling the kernels, once (about 20 s) ...")
    say(f"... done in {compile_all((precision,)):.0f} s.")
