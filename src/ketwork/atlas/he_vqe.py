"""Hardware-efficient VQE (Kandala et al., Nature 549, 242 (2017), arXiv:1704.05018): H2, LiH and BeH2 by their bond
lengths, and four spins on a square, with the paper's circuit, optimiser and shots, on an ideal register and under the
noise of a device's calibration. The computation of the atlas entry; `he_vqe_page` makes its report.
"""

from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.atlas.zne_nn import entangler_of
from ketwork.circuit.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.experiments.ledger import Ledger, Row
from ketwork.models.ansatz import kandala
from ketwork.noise.calibration_files import load_device
from ketwork.noise.model import NoiseModel
from ketwork.operators.grouping import group_qubitwise
from ketwork.operators.lanczos import ground_energy
from ketwork.operators.molecule_files import load_molecule
from ketwork.operators.molecules import Molecule, molecule
from ketwork.operators.pauli import PauliSum
from ketwork.operators.spins import heisenberg, ring
from ketwork.optimize import minimize
from ketwork.report.run_page import Finding
from ketwork.solve.objective import Objective

DEVICE = "mumbai"
"""Whose calibration makes the noise."""
CHEMICAL = 1.6e-3
"""Chemical accuracy, hartree."""

SQUARE = ((0, 1), (1, 2), (2, 3), (3, 0))
"""The couplings of the magnet."""
COUPLINGS = {
    "CX, chain": ("cx", None),
    "CZ, chain": ("cz", None),
    "CX, square": ("cx", SQUARE),
    "CZ, square": ("cz", SQUARE),
}
"""Entanglers of the same number of weights: the gate and its pairs, in order; None for a chain."""
COMPARED_AT = (0.35, 1.0)
"""The J/B at which these are compared; the ground states there have spin 1 and 0."""

_READY = {
    "H2": (0.4, 0.5, 0.6, 0.7414, 0.9, 1.2, 1.5, 2.0, 2.5, 3.0),
    "LiH": (1.595, 2.2, 3.4),
    "BeH2": (1.326,),
}
_USUAL = {"H2": 0.7414, "LiH": 1.595, "BeH2": 1.326}
_SIGMA = {"LiH": ((1,), (2, 3, 4, 5)), "BeH2": ((1, 2), (3, 4, 5, 6))}  # orbitals that are full; empty ones, 2 taken

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Protocol:
    """The paper's: SPSA with so many shots a basis and steps, the mean over the last angles, more shots at the end."""

    shots: int = 1000
    steps: int = 250
    average: int = 25
    final_shots: int = 100_000


@dataclass(frozen=True)
class Size:
    """How much is done. lengths: more than the ready ones (needs PySCF), angstrom. seeds: of SPSA, a molecule each.
    depths, starts: of the noiseless search. ratios: J/B of the magnet, B = 1."""

    lengths: dict[str, tuple[float, ...]]
    seeds: dict[str, int]
    depths: dict[str, tuple[int, ...]]
    starts: int
    ratios: tuple[float, ...]
    protocol: Protocol = Protocol()


FULL = Size(
    {"H2": _READY["H2"], "LiH": (1.0, 1.3, 1.595, 2.2, 2.8, 3.4, 4.5), "BeH2": (1.0, 1.326, 1.7, 2.2, 2.8, 3.5)},
    {"H2": 10, "LiH": 5, "BeH2": 5},
    {"H2": (1,), "LiH": (1, 2, 3, 4), "BeH2": (1, 2, 4, 6, 8, 10)},
    6,
    (0.0, 0.15, 0.35, 0.45, 0.6, 0.8, 1.0, 1.5, 2.0),
)
QUICK = Size(
    {"H2": (0.5, 0.7414, 1.2, 2.5), "LiH": (1.595, 3.4), "BeH2": (1.326,)},
    {"H2": 5, "LiH": 3, "BeH2": 2},
    {"H2": (1,), "LiH": (1, 2), "BeH2": (1, 8)},
    3,
    (0.15, 0.35, 1.0),
)


def he_vqe_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """Run all parts and make the report's content."""
    from ketwork.atlas.he_vqe_page import finding

    size = QUICK if quick else FULL
    points = chosen(size, ledger)
    names = list(dict.fromkeys(name for name, _ in points))
    depths = [(name, d) for name in names for d in size.depths[name]]
    ledger.expect(len(points) + len(depths) + len(size.ratios) + len(COMPARED_AT))
    lab = Lab(size, seed)
    curves = [ledger.row(f"{name} at {length}", partial(lab.point, name, length)) for name, length in points]
    deep = [ledger.row(f"{name} at depth {d}", partial(lab.depth, name, d)) for name, d in depths]
    magnet = [ledger.row(f"magnet at J/B = {ratio}", partial(lab.magnet, ratio)) for ratio in size.ratios]
    compared = [ledger.row(f"couplings at J/B = {ratio}", partial(lab.couplings, ratio)) for ratio in COMPARED_AT]
    return finding(size, curves, deep, magnet, compared)


def chosen(size: Size, ledger: Ledger) -> list[tuple[str, float]]:
    """(molecule, bond length) that can be run here: all with PySCF; else the ready ones."""
    if find_spec("pyscf") is not None:
        return [(name, length) for name, lengths in size.lengths.items() for length in lengths]
    ledger.note("Without the extra 'chemistry' (PySCF) only the ready bond lengths are run.")
    points = []
    for name, lengths in size.lengths.items():
        for length in lengths:
            try:
                bonded(name, length)
            except (ValueError, ImportError):
                continue
            points.append((name, length))
    return points


def bonded(name: str, length: float) -> Molecule:
    """A molecule at a bond length, angstrom, in STO-3G, parity encoding with two qubits left out, as in the paper: the
    inner shell frozen, the orbitals that do not mix with the bond left out. Ready, or from PySCF.

    LiH: 2 electrons in 3 orbitals, BeH2: 4 in 4. Which orbitals are left out changes with the length; those are kept
    that give the lowest energy.
    """
    if length in _READY[name]:
        try:
            return load_molecule(f"{name}_{length}", "parity")
        except ValueError:  # the data folder is not there
            if name == "H2":
                raise
    places = f"{name[:2]} 0 0 0; H 0 0 {length}" + (f"; H 0 0 -{length}" if name == "BeH2" else "")
    full, empty = _SIGMA[name]
    found = [
        molecule(places, frozen_core=True, active_space=(2 * len(full), [*full, *two]), mapping="parity")
        for two in combinations(empty, 2)
    ]
    return min(found, key=lambda m: m.exact_energy() if m.fci_energy is None else m.fci_energy)


def square_magnet(ratio: float, field: float = 1.0) -> PauliSum:
    """J sum (XX + YY + ZZ) over the edges of a square, plus B sum Z, with J = ratio B."""
    return heisenberg(ring(4), ratio * field, (0.0, 0.0, field))


def magnet_levels(ratio: float, field: float = 1.0) -> tuple[float, float]:
    """(energy, magnetisation a site) of the magnet's ground state, from its total spin 0, 1 or 2; B > 0, J >= 0.

    -8J, 0 for B < 2J; -4J - 2B, -1/2 for 2J < B < 4J; 4J - 4B, -1 beyond.
    """
    j = ratio * field
    return min((-8 * j, 0.0), (-4 * j - 2 * field, -0.5), (4 * j - 4 * field, -1.0))


def magnetization(n: int) -> PauliSum:
    """The mean of Z over n sites."""
    return PauliSum(n, tuple(("I" * q + "Z" + "I" * (n - 1 - q), 1 / n) for q in range(n)))


def native(circuit: Circuit) -> Circuit:
    """The circuit with RX as RZ and SX, as a device runs it; everything else as it is."""
    result = Circuit(circuit.n_qubits)
    for gate in circuit:
        if gate.name == "rx":
            (q,), (theta,) = gate.qubits, gate.params
            result = result.rz(q, np.pi / 2).sx(q).rz(q, theta + np.pi).sx(q).rz(q, 5 * np.pi / 2)
        else:
            result = result.append(gate.name, gate.qubits, gate.params)
    return result


@dataclass(frozen=True)
class Ended:
    """Where a run of SPSA ended. values: what was read with the final shots. history: the energy by steps."""

    params: Floats
    values: list[float]
    history: list[float]


def spsa_run(
    circuit: Circuit, observables: list[PauliSum], noise: NoiseModel | None, how: Protocol, seed: int
) -> Ended:
    """The paper's protocol for the first observable, from random angles; all are read at the end."""
    start = np.random.default_rng([seed, 1]).uniform(-np.pi, np.pi, circuit.n_weights)
    objective = Objective(circuit, observables[0], Simulator(noise=noise, shots=how.shots, seed=seed))
    found = minimize(objective.value, start, "spsa", how.steps, seed=seed, average=how.average)
    return Ended(found.params, last_values(circuit, observables, noise, how, found.params, seed), found.history)


def last_values(
    circuit: Circuit, observables: list[PauliSum], noise: NoiseModel | None, how: Protocol, params: Floats, seed: int
) -> list[float]:
    """All observables with the final shots."""
    reader = Simulator(noise=noise, shots=how.final_shots, seed=seed + 1_000_003)
    return [float(v) for v in reader.expectation(circuit, observables, None, params)[0]]


def lowest(circuit: Circuit, hamiltonian: PauliSum, starts: int, seed: int) -> tuple[list[float], Floats]:
    """The noiseless energies that L-BFGS reaches from random angles, and the weights of the lowest."""
    objective = Objective(circuit, hamiltonian, Simulator("double", threads=1))
    found = []
    for number in range(starts):
        begun = np.random.default_rng([seed, number]).uniform(-np.pi, np.pi, circuit.n_weights)
        found.append(minimize(objective.value_and_gradient, begun, "l-bfgs", 1500, tol=1e-9))
    best = min(found, key=lambda result: result.fun)
    return [result.fun for result in found], best.params


class Lab:
    """An ideal register and a simulated device, and what is run on them."""

    def __init__(self, size: Size, seed: int) -> None:
        self.size, self.seed = size, seed
        self._device = load_device(DEVICE)
        self._noise: dict[int, NoiseModel] = {}

    def noise(self, n: int) -> NoiseModel:
        """Of the device's best line of n qubits."""
        if n not in self._noise:
            self._noise[n] = self._device.noise_model(self._device.best_qubits(n, path=True))
        return self._noise[n]

    def ansatz(self, n: int, depth: int) -> Circuit:
        """The paper's circuit, with the device's entangler along a line."""
        return kandala(n, depth, entangler=entangler_of(self.noise(n)))

    def point(self, name: str, length: float) -> Row:
        """One point of a potential curve, at depth 1: exact, noiseless, with shots, on the noisy device."""
        there = bonded(name, length)
        n, how, hamiltonian = there.n_qubits, self.size.protocol, there.hamiltonian
        circuit, noise = self.ansatz(n, 1), self.noise(n)
        physical = native(circuit)
        ideal: list[Ended] = []
        noisy: list[Ended] = []
        quiet: list[float] = []
        for number in range(self.size.seeds[name]):
            seed = self.seed + 101 * number
            ideal.append(spsa_run(circuit, [hamiltonian], None, how, seed))
            noisy.append(spsa_run(physical, [hamiltonian], noise, how, seed))
            true_reading = noise.without_readout()
            quiet += last_values(physical, [hamiltonian], true_reading, how, noisy[-1].params, seed)
        return {
            "molecule": name,
            "length": length,
            "usual": length == _USUAL[name],
            "qubits": n,
            "terms": len(hamiltonian),
            "groups": len(group_qubitwise([hamiltonian])),
            "exact": there.exact_energy(),
            "register": ground_energy(hamiltonian),
            "hartree_fock": there.hf_energy,
            "noiseless": min(lowest(circuit, hamiltonian, self.size.starts, self.seed)[0]),
            "ideal": [run.values[0] for run in ideal],
            "noisy": [run.values[0] for run in noisy],
            "read_truly": quiet,
            "history": {"ideal": ideal[0].history, "noisy": noisy[0].history},
        }

    def depth(self, name: str, depth: int) -> Row:
        """Noiseless errors at the usual bond length, from several starts."""
        there = bonded(name, _USUAL[name])
        exact = there.exact_energy()
        energies, _ = lowest(self.ansatz(there.n_qubits, depth), there.hamiltonian, self.size.starts, self.seed)
        return {"molecule": name, "depth": depth, "errors": [energy - exact for energy in energies]}

    def magnet(self, ratio: float) -> Row:
        """The square magnet at one J/B: exact, and by depth noiseless, with shots and on the noisy device."""
        hamiltonian, mean = square_magnet(ratio), magnetization(4)
        row: Row = {"ratio": ratio, "exact": ground_energy(hamiltonian), "formula": magnet_levels(ratio), "depths": []}
        for depth in range(4):
            circuit, how, noise = self.ansatz(4, depth), self.size.protocol, self.noise(4)
            energies, best = lowest(circuit, hamiltonian, self.size.starts, self.seed)
            ideal = spsa_run(circuit, [hamiltonian, mean], None, how, self.seed)
            noisy = spsa_run(native(circuit), [hamiltonian, mean], noise, how, self.seed)
            row["depths"].append({
                "depth": depth,
                "noiseless": [min(energies), float(Simulator().expectation(circuit, mean, w=best)[0, 0])],
                "ideal": ideal.values,
                "noisy": noisy.values,
            })  # fmt: skip
        return row

    def couplings(self, ratio: float) -> Row:
        """Relative errors of the magnet's noiseless energy by depth 1, 2, 3, for other entanglers and pairs."""
        hamiltonian, exact = square_magnet(ratio), magnet_levels(ratio)[0]
        errors = {}
        for name, (gate, pairs) in COUPLINGS.items():
            circuits = [kandala(4, depth, pairs, gate) for depth in (1, 2, 3)]
            found = [min(lowest(circuit, hamiltonian, self.size.starts, self.seed)[0]) for circuit in circuits]
            errors[name] = [(energy - exact) / abs(exact) for energy in found]
        return {"ratio": ratio, "errors": errors}
