"""Figures of `ketwork diagnose`: SVG that parses, shows what it was given, and takes rows of every kind."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from ketwork import Circuit, pauli, w
from ketwork.experiments.diagnosis import plain
from ketwork.models import diagnostics as dg
from ketwork.models.ansatz import hardware_efficient
from ketwork.report import diagnosis_figures as drawn

PERIODIC = {
    "input": 0,
    "periodic": True,
    "frequencies": [0, 1, 2, 3],
    "strength": [0.1, 0.5, 0.2, 0],
    "ways": [2, 1, 1, 0],
}
WINDOW = {"input": 1, "periodic": False, "frequencies": [0, 1, 2], "strength": [0, 0.3, 0.1], "highest": 1.5}


def bonds():
    circuit = hardware_efficient(4, 2).bind(w=np.linspace(0, 3, 24))
    found = dg.simulability(circuit, pauli("Z", 0, 4))
    return drawn.bonds_figure(plain(found.bonds), [plain(path) for path in found.paths])


def express(circuit):
    return plain(dg.expressibility(circuit, 200, seed=0))


def layers():
    circuits = {k: hardware_efficient(2, k) for k in (1, 2)}
    entangled = {k: plain(dg.entangling_capability(c, 20, seed=0)) for k, c in circuits.items()}
    return drawn.layers_figure({k: express(c) for k, c in circuits.items()}, entangled)


def fisher():
    half = {"mean": [2.0, 0.5, 0.0], "rank": 2, "mean_rank": 2.0, "trace": 2.5}
    row = {"classical": half, "quantum": half, "trained": half, "n_data": [100, 1000], "weights": 3}
    return drawn.fisher_figure(row | {"effective_dimension": [2.0, 2.1], "local_effective_dimension": [1.0, 1.2]})


def kernel():
    return drawn.kernel_figure({"edges": [0, 0.5, 1], "histogram": [0.7, 0.3], "haar": 0.25})


def weights():
    rows = {
        cost: plain(dg.gradient_variance(hardware_efficient(2, 1), cost, 20, seed=0)) for cost in ("local", "global")
    }
    return drawn.weights_figure(rows)


FIGURES = {
    "classical": (bonds, ("exact Schmidt rank", "Pauli strings")),
    "fidelities": (lambda: drawn.fidelity_figure(express(Circuit(2).rx(0, w[0]))), ("uniformly random states",)),
    "layers": (layers, ("Meyer-Wallach measure", "uniform states")),
    "gradients": (
        lambda: drawn.decay_figure("gradients", {"local": [(2, 0.1, 0.05, 0.2), (4, 0.0, 0.0, 0.01)]}, "variance"),
        ("qubits", "local"),
    ),
    "weights": (weights, ("local cost", "global cost")),
    "fisher": (fisher, ("at the trained weights", "quantum (any readout)")),
    "fourier": (lambda: drawn.fourier_figure([PERIODIC, WINDOW]), ("frequency in input 0", "frequency in input 1")),
    "kernel": (kernel, ("mean of uniformly random states",)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_svg_that_says_what_it_shows(name):
    make, words = FIGURES[name]
    text = make()
    ET.fromstring(text.replace("xlink:href", "href"))
    for word in words:
        assert word in text
    assert f'id="{name}-' in text  # ids cannot clash with another figure's


def test_one_spectrum_or_four_fit():
    for count in (1, 3, 4):
        text = drawn.fourier_figure([PERIODIC | {"input": k} for k in range(count)])
        assert f"frequency in input {count - 1}" in text
