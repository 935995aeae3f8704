"""Tables of quantum recurrent reservoirs: geometric means, paired tests, counts."""

import numpy as np
import pytest
from scipy import stats

from ketwork.atlas import qrnn_reservoir_tables as tables
from ketwork.atlas.qrnn_reservoir import BASELINES, KINDS, TASKS, TWINS


def row(name, kind, test, history=(0.5, 0.1, 0.01)):
    way = {"test": test, "train": test, "seconds_to_fit": 0.01, "parameters": 6, "circuits": 4, "predicted": [0.0, 0.1],
           "history": []}  # fmt: skip
    trained = {**way, "test": test / 4, "train": test / 5, "seconds_to_fit": 0.3, "parameters": 42,
               "history": list(history)}  # fmt: skip
    return {"task": name, "kind": kind, "reservoir": way, "trained": trained}


@pytest.fixture
def rows():
    """Quantum reservoirs err ten times as much as classical ones, with a little noise; training divides by four."""
    rng = np.random.default_rng(0)
    found = {}
    for name in TASKS:
        found[f"baselines, {name}"] = {
            "task": name, "windows": [4, 2], "test": dict(zip(BASELINES, (1e-6, 1e-7, 0.1), strict=True)),
            "variance": 0.05, "series": [0.0, 0.2],
        }  # fmt: skip
        for kind in KINDS:
            size = 1e-2 if kind in TWINS else 1e-3
            for k in range(5):
                found[f"steps, {name}, {kind} {k}"] = {"history": [0.5, 0.3, 0.2], "test": 0.2}
                found[f"{name}, {kind} {k}"] = row(name, kind, size * np.exp(rng.normal(0, 0.05)))
        for kind in TWINS:
            found[f"recipe, {name}, {kind}"] = {"test": 5e-3, "parameters": 42, "steps": 320}
            for k in range(5):
                for what in ("qubits", "scale"):
                    found[f"{what}, {name}, {kind} {k}"] = {"values": [4, 5], "test": [0.02, 0.01 * (1 + k / 10)]}
    return found


def test_geometric_means():
    found = tables.geometric([1e-4, 1e-2])
    assert found.mean == pytest.approx(1e-3)
    half = stats.t.ppf(0.975, 1) * np.log([1e-4, 1e-2]).std(ddof=1) / np.sqrt(2)
    assert np.log(found.high / found.mean) == pytest.approx(half) == np.log(found.mean / found.low)
    assert np.isnan(tables.geometric([0.1]).low) and str(tables.geometric([0.1])) == "0.1"
    assert str(tables.Ratio(0.02, 0.01, 0.04)) == "0.02 ×÷ 2"
    assert tables.ratio([2.0, 8.0], [1.0, 1.0]).mean == pytest.approx(4.0)


def test_short_numbers():
    assert [tables.short(v) for v in (0.0012, 0.012, 1.25, 12.4, 124.0, 1240.0)] == [
        "1.2e-3", "0.012", "1.2", "12", "124", "1.2e3"
    ]  # fmt: skip


def test_chosen_takes_its_own_rows(rows):
    """ "qubits" and "recipe" rows name a task and a cell too."""
    assert len(tables.chosen(rows, TASKS[0], "qrnn", "reservoir")) == 5 == tables.seeds(rows)


def test_twins(rows):
    found = tables.twin_tests(rows)
    assert len(found) == 15
    assert all(t.p < 0.01 and 8 < t.ratio.mean < 12 for t in found)
    one = found[0]
    logs = [np.log(tables.chosen(rows, one.name, kind, "reservoir")) for kind in (one.kind, TWINS[one.kind])]
    assert one.p >= stats.ttest_rel(*logs).pvalue  # Holm's is never smaller
    assert max(t.p for t in found) < 15 * max(
        stats.ttest_rel(*(np.log(tables.chosen(rows, t.name, k, "reservoir")) for k in (t.kind, TWINS[t.kind]))).pvalue
        for t in found
    )


def test_steps_until_learned(rows):
    assert tables.sooner(rows, "cell") == tables.sooner(rows, "read-out") == (0, 15)
    for k in range(5):
        rows[f"cosine, qrnn {k}"]["trained"]["history"] = [0.5, 0.01, 0.01]
        rows[f"cosine, gru {k}"]["trained"]["history"] = [0.5, 0.5, 0.5]
        rows[f"steps, NARMA-5, qlstm {k}"]["history"] = [0.5, 0.5, 0.04]
    assert tables.sooner(rows, "cell") == (2, 15) and tables.sooner(rows, "read-out") == (1, 15)
    cells = {line[0]: line[1:] for line in tables.readouts(rows).table.rows}
    assert cells["QLSTM and LSTM"][TASKS.index("NARMA-5")] == "3 and never"
    cells = {line[0]: line[-1] for line in tables.course(rows).table.rows}
    assert cells["QRNN and RNN"] == "1 and 2" and cells["QGRU and GRU"] == "2 and never"


def test_the_recipe(rows):
    assert tables.passes(rows) == 20
    assert tables.recipe_worse(rows) == 15
    for name in TASKS:
        rows[f"recipe, {name}, qrnn"]["test"] = 1e-5
    assert tables.recipe_worse(rows) == 10


def test_sections_have_all_rows(rows):
    table = tables.errors(rows).table
    assert len(table.rows) == 2 * len(KINDS) + len(TWINS) + len(BASELINES)
    assert all(len(line) == len(table.header) for line in table.rows)
    for section in (tables.ratios(rows), tables.twins(rows), *tables.wide(rows, TASKS[:2])):
        assert all(len(line) == len(section.table.header) for line in section.table.rows)
    assert "<svg" in tables.forecast(rows).figure and "<svg" in tables.circuit().figure


def test_the_scale_says_what_falls(rows):
    """The rows' errors fall as the scale rises; turned around, they fall with the scale."""
    said = tables.wide(rows, TASKS[:1])[1].text[0]
    assert "None gets better at every step" in said
    error = tables.geometric(tables.chosen(rows, TASKS[0], "gru", "reservoir")).mean
    assert f"GRU {tables.short(error)} on {TASKS[0]}" in said
    for k in range(5):
        rows[f"scale, {TASKS[0]}, qgru {k}"]["test"] = [0.01, 0.02]
    said = tables.wide(rows, TASKS[:1])[1].text[0]
    assert f"Better at every step towards a smaller input: QGRU on {TASKS[0]}." in said


def test_metrics(rows):
    found = tables.metrics(rows)
    assert found["cosine"]["qrnn, reservoir"]["mean"] == pytest.approx(1e-2, rel=0.1)
    assert found["cosine"]["qrnn, trained"]["mean"] == pytest.approx(2.5e-3, rel=0.1)
    assert "seconds" not in str(found)
