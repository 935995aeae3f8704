"""The report on starts from tensor networks, from a small run: the words follow the numbers."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest

from ketwork.atlas import launch, tn_init_page
from ketwork.atlas.tn_init import TnTask
from ketwork.atlas.tn_init_page import ahead, best_start, errors, finding, fitted, lattice_name

TINY = TnTask(
    lattices=(("chain", 4),), chis=(2, 4), references=(1, 4), layers=1, extra_layers=1, steps=12, seeds=3, sweeps=5,
    sizes=(4, 6), draws=2, rows=2, columns=2, data_steps=10,
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the command at a small size: its folder and result."""
    folder = tmp_path_factory.mktemp("tn") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tn_init_page, "QUICK", TINY)
        launch.launch("tn-init", 3, folder, quick=True)
    return folder, json.loads((folder / "result.json").read_text())


def parts(result):
    rows = {row["key"]: row for row in result["rows"]}
    name = lattice_name("chain", 4)
    energies = {name: {key.split(": ")[1].replace(" = ", " "): row for key, row in rows.items() if name in key}}
    gradients = [row for key, row in rows.items() if key.startswith("gradients")]
    return energies, gradients, rows["bars and stripes"]


def test_the_command(run):
    folder, result = run
    assert len(list((folder / "figures").glob("*.svg"))) == 3
    assert len(result["rows"]) == 1 + 2 + 2 + 4 + 1
    assert result["config"]["seed"] == 3
    assert set(result["metrics"]) == {"errors", "fidelities", "decay", "divergence"}
    assert result["checks"][0]["passed"]  # extra layers leave the energy


def test_the_report_follows_the_rows(run):
    """Made again from the rows as they lie on disk, and with other numbers in them."""
    energies, gradients, pictures = parts(run[1])
    task = replace(TINY, seed=3)
    again = finding(task, energies, gradients, pictures)
    assert again.verdict == run[1]["verdict"]
    rows = next(iter(energies.values()))
    exact = rows["classical"]["exact"]
    assert errors(rows, "chi 4").shape == (3, 13)
    for tone, far, near in (("better", "random", "chi 4"), ("worse", "chi 4", "random")):
        changed = copy.deepcopy(energies)
        there = next(iter(changed.values()))
        for start in ("chi 2", "chi 4", "random", "identity"):
            worse = (start in ("random", "identity")) == (far == "random")
            there[start]["with"] = [[exact + (1 + 0.1 * k if worse else 0.01 + 0.001 * k)] * 13 for k in range(3)]
        assert best_start(there, ("chi 4", "random")) == near
        said = finding(task, changed, gradients, pictures)
        assert said.tone == tone
        assert ("smaller" if tone == "better" else "larger") + " than from" in said.verdict
    moved = copy.deepcopy(energies)
    next(iter(moved.values()))["chi 2"]["energy_extended"] += 1e-6
    assert not finding(task, moved, gradients, pictures).checks[0].passed


def test_rates(run):
    _, gradients, _ = parts(run[1])
    rates = fitted(gradients)
    deep = {row["sites"]: row["random"] for row in gradients if row["deep"]}
    assert rates["deep", "random"][0] == pytest.approx(np.log(deep[4] / deep[6]) / 2)


def test_ahead():
    rng = np.random.default_rng(0)
    a = np.exp(rng.normal(size=8))
    assert ahead(a, a * 100) < 1e-3
    assert ahead(a, np.exp(rng.normal(size=8))) > 1e-3
