"""How near each optimiser comes to the ground energy for the same number of shots.

    python benchmarks/frugal.py LiH --shots 1e6 --seeds 5
    python benchmarks/frugal.py heisenberg --shots 3e5

Every shot counts: those of gradients, values and calibration. The error is that of the exact energy at the last
parameters, above the exact ground energy; the circuit's own best (L-BFGS on exact values, 20 starts) is printed first.
"""

import argparse
import time

import numpy as np

from ketwork import Simulator
from ketwork.models.ansatz import kandala
from ketwork.operators import ground_energy, load_molecule
from ketwork.operators.spins import chain, heisenberg
from ketwork.solve import vqe
from ketwork.solve.objective import Objective
from ketwork.solve.vqe import train

RUNS = {
    "icans": {"method": "icans"},
    "icans, variant 2": {"method": "icans", "variant": 2},
    "rosalin": {"method": "rosalin"},
    "adam, 10 shots a basis": {"method": "adam", "shots": 10},
    "adam, 100 shots a basis": {"method": "adam", "shots": 100},
    "spsa, 10 shots a basis": {"method": "spsa", "shots": 10},
    "spsa, 100 shots a basis": {"method": "spsa", "shots": 100},
}


def one(hamiltonian, circuit, budget, seed, method, shots=100, **options):
    """(energy at the end, steps)."""
    objective = Objective(circuit, hamiltonian, Simulator("double", seed=seed, shots=shots))
    rng, last = np.random.default_rng(seed), {}

    def watch(step, params, value):
        last.update(params=params.copy(), step=step)
        return objective.shots >= budget

    start = rng.uniform(-np.pi, np.pi, circuit.n_weights)
    train(objective, method, 10**6, start, rng, watch, **options)
    return Objective(circuit, hamiltonian).value(last["params"]), last["step"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problem", choices=["LiH", "heisenberg"])
    parser.add_argument("--shots", type=float, default=1e6)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    if asked.problem == "LiH":
        hamiltonian, circuit = load_molecule("LiH_1.595").hamiltonian, kandala(4, 1)
    else:
        hamiltonian, circuit = heisenberg(chain(4), 1.0, 0.5), kandala(4, 2)
    exact = ground_energy(hamiltonian)
    best = vqe(hamiltonian, circuit, starts=20, seed=0, steps=300).value - exact
    print(f"{asked.problem}: {circuit.n_weights} weights, exact {exact:.5f}, the circuit's best is {best:.4f} above it")
    for name, run in RUNS.items():
        began = time.perf_counter()
        ends = [one(hamiltonian, circuit, asked.shots, seed, **run) for seed in range(asked.seeds)]
        errors = np.array([energy for energy, _ in ends]) - exact
        low, middle, high = np.quantile(errors, [0.25, 0.5, 0.75])
        steps, seconds = np.median([step for _, step in ends]), time.perf_counter() - began
        print(f"{name:26s} {middle:.4f} [{low:.4f}, {high:.4f}]  {steps:.0f} steps  {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
