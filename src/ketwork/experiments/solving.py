"""`ketwork solve`: quantum methods on one problem, several seeds each, beside exact and classical answers."""

import json
import time
import warnings
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.backends.device import DeviceBackend
from ketwork.circuit import Circuit
from ketwork.engine.interrupts import plain_interrupts
from ketwork.engine.simulator import Simulator
from ketwork.experiments.ledger import Ledger, Row, digest, open_ledger, told_to_the_user
from ketwork.experiments.problem_names import Posed
from ketwork.experiments.solving_references import distribution, energy_references, problem_references, random_row
from ketwork.experiments.solving_state import Kept, joined
from ketwork.experiments.solving_task import SolveTask
from ketwork.experiments.task import UserError
from ketwork.noise.calibration import Device
from ketwork.operators import Problem
from ketwork.solve.doors import RESUMABLE, SHOTS, solve_hamiltonian, solve_problem
from ketwork.solve.solution import Answer, Solution, decoded

DRAWN_GATES = 120
"""Of a longer circuit the report draws so many gates."""

EXACT_NOISY_QUBITS = 12
"""Up to here the energy of the final state under a device's noise is computed without shots."""


@dataclass(frozen=True)
class Solved:
    """A finished run. rows: one a method and seed. references: of classical solvers. randoms: one a seed, random
    strings at the budget of the quantum methods (problems only). fresh: nothing was there before."""

    task: SolveTask
    posed: Posed
    device: Device | None
    methods: tuple[str, ...]
    rows: list[Row]
    references: list[Row]
    randoms: list[Row]
    folder: Path
    seconds: float

    def of(self, method: str) -> list[Row]:
        """The rows of a method, a seed each."""
        return [row for row in self.rows if row["method"] == method]


def solve(task: SolveTask, out: Path | None = None, resume: bool = False) -> Solved:
    """Solve, shown as it goes. Raises: UserError for what the user can mend; nothing is left behind then."""
    from ketwork.engine.warm import ensure_compiled

    posed, device = task.posed(), task.place()
    methods = task.chosen(posed)
    if device is not None:
        _check_device(task, posed, device, methods)
    config = asdict(task) | {"problem_digest": _fingerprint(posed)}
    folder = out or Path("runs") / f"{posed.name}-{methods[0] if len(methods) == 1 else 'methods'}-{digest(config)[:8]}"
    started = time.perf_counter()
    with (
        told_to_the_user(folder), plain_interrupts(), open_ledger(folder, config, resume) as ledger,
        warnings.catch_warnings(),
    ):  # fmt: skip
        warnings.simplefilter("ignore", UserWarning)
        ensure_compiled(say=ledger.note)
        rows, references, randoms = _everything(task, posed, device, methods, ledger)
    return Solved(task, posed, device, methods, rows, references, randoms, folder, time.perf_counter() - started)


def _everything(
    task: SolveTask, posed: Posed, device: Device | None, methods: tuple[str, ...], ledger: Ledger
) -> tuple[list[Row], list[Row], list[Row]]:
    problem = posed.problem
    ledger.expect(len(methods) * task.seeds + (task.seeds if problem is not None else 0))
    before = len(ledger.rows)
    if problem is None:
        references = energy_references(posed, ledger)
    else:
        references = problem_references(problem, ledger, task.reference_seconds, task.seed)
    ledger.expect(len(ledger.rows) - before)
    rows, randoms = [], []
    for number in range(task.seeds):
        seed = task.seed + number
        one = [
            ledger.row(f"{name}, seed {seed}", partial(_run, task, posed, device, name, seed, ledger))
            for name in methods
        ]
        rows += one
        if problem is not None:
            least = SHOTS if task.shots is None else 1  # exact values are worth no few reads
            strings = max(least, *(max(row["strings"], row["shots"]) for row in one))
            draw = partial(random_row, problem, strings, task.local_search, seed, "pce" in methods)
            randoms.append(ledger.row(f"random strings, seed {seed}", draw))
    return sorted(rows, key=lambda row: methods.index(row["method"])), references, randoms


# ---------------------------------------------------------------------- one method, one seed
def _run(task: SolveTask, posed: Posed, device: Device | None, method: str, seed: int, ledger: Ledger) -> Row:
    """A row; what an interrupted solver can go on from is kept beside the rows."""
    kept = Kept(ledger.folder, f"{method}-{seed}")
    earlier = kept.read() if method in RESUMABLE else None
    key = f"{method}, seed {seed}"

    def watched(step: int, params: Any, value: float) -> bool:
        ledger.tell(f"{key}: step {step}, {value:.6g}")
        return False

    options: dict[str, Any] = {
        "layers": task.layers, "optimizer": task.optimizer, "steps": task.steps,
        "backend": _backend(task, device, seed), "seed": seed, "callback": watched,
        "state": None if earlier is None else earlier["state"],
        "done": 0 if earlier is None else len(earlier["history"]),
    }  # fmt: skip
    subject, answer = posed.subject, None
    if isinstance(subject, Problem):
        answer = solve_problem(subject, method, shots=task.shots, rounds=task.local_search, **options)
        solution = answer.solution
    else:
        solution = solve_hamiltonian(subject, method, **options)
    solution = joined(earlier, solution)
    if solution.message == "interrupted":
        if method in RESUMABLE:
            kept.write(solution)
        raise KeyboardInterrupt
    _save(ledger.folder, method, seed, solution, answer)
    kept.drop()
    costs = _costs(method, seed, solution)
    if answer is not None:
        return costs | _answer_row(answer)
    return costs | _energy_row(task, posed, device, solution)


def _backend(task: SolveTask, device: Device | None, seed: int) -> Any:
    """Where circuits run; None for the ideal simulator with exact values."""
    if device is not None:
        return DeviceBackend(device, task.shots, seed=seed)
    return Simulator("double", shots=task.shots, seed=seed) if task.shots else None


def _costs(method: str, seed: int, solution: Solution) -> Row:
    """What every row tells of a solution."""
    circuit = solution.circuit
    facts = {} if circuit is None else {
        "qubits": circuit.n_qubits, "gates": len(circuit), "two_qubit": circuit.two_qubit_count(),
        "depth": circuit.depth(),
    }  # fmt: skip
    return {
        "kind": "quantum",
        "method": method,
        "seed": seed,
        "read": solution.value,
        "history": [float(v) for v in solution.history],
        "evaluations": solution.n_evaluations,
        "circuits": solution.circuits,
        "shots": solution.shots,
        "took": solution.seconds,
        "weights": len(solution.params),
        "message": solution.message,
        "extra": {k: v for k, v in solution.extra.items() if isinstance(v, str | int | float | bool)},
        **facts,
    }


def _energy_row(task: SolveTask, posed: Posed, device: Device | None, solution: Solution) -> Row:
    """energy: of the final state, with the device's noise and without the noise of shots; noiseless: without either."""
    hamiltonian, circuit = posed.hamiltonian, solution.circuit
    if circuit is None or hamiltonian is None:
        return {"energy": solution.value, "noiseless": None}
    ideal = float(Simulator("double").expectation(circuit, hamiltonian, None, solution.params)[0, 0])
    if device is None:
        return {"energy": ideal, "noiseless": ideal}
    if hamiltonian.n_qubits > EXACT_NOISY_QUBITS:
        return {"energy": solution.value, "noiseless": ideal}
    noisy = DeviceBackend(device, seed=task.seed).expectation(circuit, hamiltonian, None, solution.params)
    return {"energy": float(noisy[0, 0]), "noiseless": ideal}


def _answer_row(answer: Answer) -> Row:
    problem, samples = answer.problem, answer.solution.samples
    strings = decoded(problem, samples if samples is not None else answer.bits[None])
    return {
        "objective": answer.objective,
        "feasible": answer.checked.feasible,
        "gap": answer.checked.gap,
        "contradicts": answer.checked.contradicts,
        "raw_objective": answer.raw.objective,
        "raw_feasible": answer.raw.feasible,
        "feasible_share": answer.feasible_share,
        "strings": len(strings),
        "bits": "".join(map(str, answer.bits.tolist())),
        "distribution": distribution(problem, strings),
    }


# ---------------------------------------------------------------------- what is left behind
def _save(folder: Path, method: str, seed: int, solution: Solution, answer: Answer | None) -> None:
    """Weights as .npz, the circuit with them as OpenQASM 3, and its drawing, in the folder solutions/."""
    place = folder / "solutions"
    place.mkdir(exist_ok=True)
    arrays = {"weights": np.asarray(solution.params, float)}
    if answer is not None:
        arrays |= {"bits": answer.bits}
    np.savez(place / f"{method}-{seed}.npz", **arrays)  # type: ignore[arg-type]
    circuit = solution.circuit
    if circuit is None:
        return
    bound = circuit.bind(w=solution.params) if circuit.n_weights else circuit
    (place / f"{method}-{seed}.qasm").write_text(bound.to_qasm3(), encoding="utf-8")
    drawn = circuit if len(circuit) <= DRAWN_GATES else Circuit(circuit.n_qubits, circuit.gates[:DRAWN_GATES])
    (place / f"{method}.svg").write_text(drawn._repr_svg_(), encoding="utf-8")


def _fingerprint(posed: Posed) -> str:
    """Changes when the problem does, such as a file that was edited since the run began."""
    if posed.problem is not None:
        problem = posed.problem
        parts = [problem.objective.terms, [asdict(c) for c in problem.constraints], problem.known_optimum]
        return digest({"problem": json.loads(json.dumps(parts))})
    terms = [] if posed.hamiltonian is None else [[s, complex(c).real] for s, c in posed.hamiltonian.terms]
    return digest({"terms": terms})


def _check_device(task: SolveTask, posed: Posed, device: Device, methods: tuple[str, ...]) -> None:
    from ketwork.solve.doors import qubits_needed

    for method in methods:
        needed = qubits_needed(posed.subject, method)
        if needed > device.n_qubits:
            raise UserError(f"--device {task.device} has {device.n_qubits} qubits, but {method} needs {needed}.")
