"""`ketwork diagnose`: every diagnostic that fits a model, a row each in the run's folder."""

import hashlib
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.checks import check_int
from ketwork.circuit import Circuit
from ketwork.engine.interrupts import plain_interrupts
from ketwork.experiments.examined import Examined, examined
from ketwork.experiments.ledger import Row, digest, open_ledger
from ketwork.experiments.task import UserError
from ketwork.models import diagnostics as dg
from ketwork.operators import PauliSum, pauli

DENSE_QUBITS = 14
"""Up to here states are made; of larger circuits only what can be counted is."""
_FISHER_WEIGHTS, _FOURIER_INPUTS, _KERNEL_ROWS = 300, 4, 200
_DATA_SIZES = (100, 300, 1_000, 10_000, 100_000, 1_000_000)
_KERNEL_QUBITS = 12
_AMPLITUDES = 1 << 24
"""Of all states of one estimate: what 1,000 samples take up to 10 qubits; more qubits get fewer samples."""


@dataclass(frozen=True)
class DiagnoseTask:
    """What `ketwork diagnose` was asked to do. samples: random weights (and rows of data) that are looked at."""

    model: str
    samples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "samples", check_int("samples", self.samples, 20, 100_000))
            object.__setattr__(self, "seed", check_int("seed", self.seed, 0, 2**31 - 1))
        except (ValueError, TypeError) as error:
            raise UserError(str(error)) from None

    def command(self) -> str:
        """The command line that repeats the task."""
        words = ["ketwork", "diagnose", self.model]
        for field in fields(self)[1:]:
            if getattr(self, field.name) != field.default:
                words += [f"--{field.name}", str(getattr(self, field.name))]
        return shlex.join(words)


@dataclass(frozen=True)
class Diagnosed:
    """A finished run: what was looked at, and a row for each piece of work, by its key."""

    task: DiagnoseTask
    subject: Examined
    rows: dict[str, Row]
    folder: Path
    seconds: float

    def keyed(self, word: str) -> list[Row]:
        """The rows whose key begins with a word."""
        return [row for key, row in self.rows.items() if key.split()[0] == word]


def diagnose(task: DiagnoseTask, out: Path | None = None, resume: bool = False) -> Diagnosed:
    """Run every diagnostic that fits, shown as it goes. Raises: UserError for what the user can mend."""
    subject = examined(task.model, min(task.samples, _KERNEL_ROWS), task.seed)
    config = asdict(task) | {"subject": fingerprint(subject)}
    folder = out or Path("runs") / f"diagnose-{Path(subject.name).name.replace(':', '-')}-{digest(config)[:8]}"
    started = time.perf_counter()
    with plain_interrupts():
        rows = _everything(subject, task, folder, config, resume)
    return Diagnosed(task, subject, rows, folder, time.perf_counter() - started)


def _everything(subject: Examined, task: DiagnoseTask, folder: Path, config: Row, resume: bool) -> dict[str, Row]:
    """The rows of all pieces, by key."""
    from ketwork.engine.warm import ensure_compiled

    rows = {}
    with open_ledger(folder, config, resume) as ledger:
        ledger.note(" ".join(subject.about))
        ensure_compiled(say=ledger.note)
        work = list(pieces(subject, task))
        ledger.expect(len(work))
        for number, (key, make) in enumerate(work):
            seed = np.random.SeedSequence([task.seed, number])
            rows[key] = ledger.row(key, partial(_made, make, np.random.default_rng(seed)))
    return rows


def fingerprint(subject: Examined) -> str:
    """A hash of the circuit and the numbers that are looked at."""
    text = hashlib.sha256(subject.circuit.digest.encode())
    for array in (subject.weights, subject.inputs, subject.labels):
        text.update(b"-" if array is None else np.ascontiguousarray(array, np.float64).tobytes())
    return text.hexdigest()[:16]


Make = Callable[[np.random.Generator], Row]


def pieces(subject: Examined, task: DiagnoseTask) -> Iterator[tuple[str, Make]]:
    """(key, function from a generator to a row) for everything that fits the subject."""
    circuit = subject.circuit
    yield "simulability", partial(_simulability, subject)
    if circuit.n_qubits > DENSE_QUBITS:
        return
    yield "entangling", partial(_entangling, circuit, task.samples, subject.inputs)
    if circuit.n_weights or circuit.n_inputs:
        yield "expressibility", partial(_expressibility, circuit, 5 * task.samples, subject.inputs)
    for depth in _depths(subject):
        one = subject.family(circuit.n_qubits, depth)  # type: ignore[misc]
        if one.n_weights or one.n_inputs:
            yield f"expressibility layers {depth}", partial(_expressibility, one, 5 * task.samples, None)
            yield f"entangling layers {depth}", partial(_entangling, one, task.samples, None)
    if circuit.n_weights:
        if subject.weights is not None:
            yield "entangling trained", partial(_entangling_trained, subject)
        yield from _gradient_pieces(subject, task)
        if circuit.n_weights <= _FISHER_WEIGHTS:
            yield "fisher", partial(_fisher, subject)
    for which in range(min(circuit.n_inputs, _FOURIER_INPUTS)):
        yield f"fourier {which}", partial(_fourier, subject, which)
    if circuit.n_inputs:
        yield "kernel", partial(_kernel, subject)
        if subject.family is not None:
            sizes = [n for n in range(2, _KERNEL_QUBITS + 1, 2) if n <= max(circuit.n_qubits + 2, 8)]
            for n, one in _by_qubits(subject, sizes, subject.layers):
                yield f"concentration {n}", partial(_concentration, one)


def _made(make: Make, rng: np.random.Generator) -> Row:
    """A row; what cannot be done for this model says why instead."""
    try:
        return make(rng)
    except (ValueError, MemoryError) as error:
        return {"skipped": " ".join(str(error).split())}


def _depths(subject: Examined) -> list[int]:
    """Numbers of layers to look at beside the subject's own."""
    if subject.family is None:
        return []
    top = subject.layers
    return sorted({1, 2, 3, top // 2, top, top + 2} & set(range(1, top + 3)))


def _sizes(subject: Examined) -> list[int]:
    """Numbers of qubits for a family's gradients: up to the subject's, within 10 and 12."""
    top = min(max(subject.circuit.n_qubits, 10), 12)
    return sorted({round(n) for n in np.linspace(2, top, 5)})


def _by_qubits(subject: Examined, sizes: list[int], depth: int) -> Iterator[tuple[int, Circuit]]:
    """(qubits, circuit) of the family for each size that can be made; one circuit for each number of qubits."""
    seen = set()
    for size in sizes:
        try:
            circuit = subject.family(size, depth)  # type: ignore[misc]
        except ValueError:  # some families know certain sizes alone
            continue
        if circuit.n_qubits not in seen and circuit.n_qubits <= DENSE_QUBITS:
            seen.add(circuit.n_qubits)
            yield circuit.n_qubits, circuit


def _gradient_pieces(subject: Examined, task: DiagnoseTask) -> Iterator[tuple[str, Make]]:
    for cost in ("local", "global"):
        if subject.family is None:
            yield f"gradient {cost}", partial(_gradient, subject.circuit, cost, task.samples, subject.inputs, 0)
            continue
        for depth in sorted({1, max(1, subject.layers // 2), max(1, subject.layers)}):
            for n, circuit in _by_qubits(subject, _sizes(subject), depth):
                if circuit.n_weights:
                    key = f"gradient {cost} layers {depth} qubits {n}"
                    yield key, partial(_gradient, circuit, cost, task.samples, None, depth)


def _expressibility(circuit: Circuit, pairs: int, inputs: Any, rng: np.random.Generator) -> Row:
    found = dg.expressibility(circuit, affordable(circuit, 2 * pairs) // 2, inputs, seed=rng)
    return plain(found) | {"uniform": found.uniform, "coarse": found.coarse, "weights": circuit.n_weights}


def affordable(circuit: Circuit, states: int) -> int:
    """So many states, or as many as have 2^24 amplitudes together."""
    return min(states, _AMPLITUDES >> circuit.n_qubits)


def _entangling(circuit: Circuit, samples: int, inputs: Any, rng: np.random.Generator) -> Row:
    if not circuit.n_weights and not circuit.n_inputs:
        samples = 2  # the same state
    return plain(dg.entangling_capability(circuit, affordable(circuit, samples), inputs, seed=rng))


def _entangling_trained(subject: Examined, rng: np.random.Generator) -> Row:
    return plain(dg.entangling_capability(subject.circuit, 200, subject.inputs, subject.weights, rng))


def _gradient(circuit: Circuit, cost: str, samples: int, inputs: Any, depth: int, rng: np.random.Generator) -> Row:
    return plain(dg.gradient_variance(circuit, cost, samples, None, inputs, depth, rng)) | {"cost": cost}


def _fisher(subject: Examined, rng: np.random.Generator) -> Row:
    """Spectra at random weights and at the trained ones, and the effective dimension."""
    circuit = subject.circuit
    draws = max(3, min(20, 4000 // circuit.n_weights))
    inputs = None if subject.inputs is None else subject.inputs[: max(2, draws // 2)]
    read = tuple(range(min(circuit.n_qubits, 6)))
    classical = dg.classical_fisher(circuit, inputs, None, read, draws, rng)
    quantum = dg.quantum_fisher(circuit, inputs, None, max(2, draws // 2), rng)
    row: Row = {
        "read": list(read),
        "weights": circuit.n_weights,
        "draws": draws,
        "classical": _eigenvalues(classical),
        "quantum": _eigenvalues(quantum),
        "n_data": list(_DATA_SIZES),
        "effective_dimension": dg.effective_dimension(classical, _DATA_SIZES).tolist(),
    }
    if subject.weights is not None:
        local = dg.classical_fisher(circuit, inputs, subject.weights, read, draws, rng)
        row["trained"] = _eigenvalues(local)
        row["local_effective_dimension"] = dg.effective_dimension(local, _DATA_SIZES).tolist()
    return row


def _eigenvalues(found: dg.FisherSpectrum) -> Row:
    return {
        "mean": found.eigenvalues.mean(axis=0)[::-1].tolist(),
        "rank": found.shared_rank,
        "mean_rank": float(found.rank.mean()),
        "trace": found.trace,
    }


def _observed(subject: Examined) -> list[PauliSum]:
    if subject.observables:
        return list(subject.observables)
    return [pauli("Z", q, subject.circuit.n_qubits) for q in range(subject.circuit.n_qubits)]


def _base(subject: Examined) -> Any:
    """What the inputs are that are not looked at: those of the first row of data, or 0."""
    return np.zeros(subject.circuit.n_inputs) if subject.inputs is None else np.asarray(subject.inputs[0], np.float64)


def _fourier(subject: Examined, which: int, rng: np.random.Generator) -> Row:
    """The series over one input; for trained scales, which have no common unit, what a window shows."""
    circuit, sums, base = subject.circuit, _observed(subject), _base(subject)
    try:
        found = dg.fourier_spectrum(circuit, sums, (which,), subject.weights, base, 20, rng)
    except ValueError as error:
        if "linear" in str(error):
            raise
        weights = rng.uniform(0, 2 * np.pi, circuit.n_weights) if subject.weights is None else subject.weights
        seen = dg.sampled_spectrum(circuit, sums, which, weights, base)
        keep = seen.frequencies <= 1.3 * seen.highest + 1
        return {
            "input": which, "periodic": False, "why": str(error), "frequencies": seen.frequencies[keep].tolist(),
            "strength": np.sqrt((seen.strength**2).mean(axis=0))[keep].tolist(), "highest": seen.highest,
            "share": seen.share,
        }  # fmt: skip
    positive = found.frequencies[0] >= 0
    return {
        "input": which, "periodic": True, "frequencies": found.frequencies[0][positive].tolist(),
        "strength": found.strength[positive].tolist(), "ways": found.allowed[0][positive].tolist(),
        "found": int((found.found & found.possible)[positive].sum()), "allowed": int(found.possible[positive].sum()),
        "beyond": found.beyond, "sets": len(found.coefficients),
    }  # fmt: skip


def _weights_for(subject: Examined, circuit: Circuit, rng: np.random.Generator) -> Any:
    if not circuit.n_weights:
        return None
    return rng.uniform(0, 2 * np.pi, circuit.n_weights) if subject.weights is None else subject.weights


def _kernel(subject: Examined, rng: np.random.Generator) -> Row:
    """The fidelity kernel of the data (or of random inputs) and its geometry beside classical kernels."""
    circuit = subject.circuit
    inputs = rng.uniform(-np.pi, np.pi, (100, circuit.n_inputs)) if subject.inputs is None else subject.inputs
    kernel = dg.fidelity_kernel(circuit, inputs, _weights_for(subject, circuit, rng))
    spread = dg.kernel_spread(kernel, circuit.n_qubits, rng)
    geometry = dg.compare_kernels(kernel, dg.classical_kernels(inputs), subject.labels)
    heights, edges = np.histogram(spread.values, np.linspace(0, 1, 51))
    return (plain(spread) | plain(geometry)) | {
        "values": None,
        "histogram": (heights / heights.sum()).tolist(),
        "edges": edges.tolist(),
        "verdict": geometry.verdict,
        "random_inputs": subject.inputs is None,
    }


def _concentration(circuit: Circuit, rng: np.random.Generator) -> Row:
    """The kernel of a circuit of the family, of random inputs."""
    found = dg.kernel_concentration(lambda _: circuit, [circuit.n_qubits], 100, None, rng)[0]
    return plain(found) | {"values": None}


def _simulability(subject: Examined, rng: np.random.Generator) -> Row:
    """What classical methods need, at the trained weights and the first row of data (or at random ones)."""
    circuit = subject.circuit
    weights = _weights_for(subject, circuit, rng)
    inputs = None
    if circuit.n_inputs:
        inputs = rng.uniform(-np.pi, np.pi, circuit.n_inputs) if subject.inputs is None else subject.inputs[0]
    found = dg.simulability(circuit, _observed(subject), inputs, weights)
    return plain(found) | {
        "verdict": found.verdict,
        "scalable": list(found.scalable),
        "bond": found.bonds.largest,
        "bond_limit": found.bonds.limit,
        "cone_qubits": max(len(cone.qubits) for cone in found.cones),
    }


def plain(found: Any) -> Row:
    """A dataclass of arrays as data that JSON can hold."""
    return {field.name: _plain(getattr(found, field.name)) for field in fields(found)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if hasattr(value, "__dataclass_fields__"):
        return plain(value)
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
