"""The tables of the feature-space report, from rows that are known."""

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from ketwork.atlas import feature_space_tables as tables
from ketwork.atlas.feature_space import DEPTHS
from ketwork.experiments.compare import compare, interval, paired_p_value

METHODS = ("raw", "readout", "readout and zne")


def made_rows(sets=4):
    """Rows of a run: the kernel right, layers better than none, the device near, mitigation at work."""
    rows = {}
    for k in range(sets):
        e = 0.004 * k
        depth = {
            str(d): {
                "first": 0.7 + 0.06 * d + e, "best": 0.75 + 0.06 * d - e * (5 - d) / 9, "train": 1.0, "risk": 0.1,
                "curve": [0.5, 0.3 - e, 0.1], "gradient": 0.74 + 0.06 * d + e, "gradient_train": 1.0,
                "parameters": 4 * d + 5,
            }
            for d in DEPTHS
        }  # fmt: skip
        kernel = {"train": 1.0, "test": 0.99 + e / 2, "support": 12}
        rows[f"ideal {k}"] = {"kernel": kernel, "kernel, no entangling gates": {**kernel, "test": 0.7 + e}, **depth}
        rows[f"classical {k}"] = {"key": "", "logistic regression": 0.5 + e, "RBF": 0.6 - e, "seconds": 1.0}
        rows[f"three qubits {k}"] = {
            "key": "", **{c: {"test": 0.9 + e, "gradient": 0.8 + e} for c in ("20", "40")}, "seconds": 1.0
        }  # fmt: skip
        read = {f"{m} x{t}": [0.99 - e, 0.1 / (j + 1) + e] for t in (1, 5) for j, m in enumerate(METHODS)}
        few = {"raw, 100 shots": [0.97, 0.15 + e]}
        once = {key: value for key, value in read.items() if key.endswith("x1")}
        rows[f"device {k}"] = {
            "trained: ideal": {"ideal": 1.0, **read, **few}, "trained: device": {"ideal": 1.0, **once, **few}
        }  # fmt: skip
        rows[f"kernel on device {k}"] = {"key": "", "ideal": 1.0, **read, "seconds": 1.0}
    return rows


def made_comparison():
    """A model that guesses beside one that learns."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    models, baselines = {"guess": DummyClassifier()}, {"line": LogisticRegression()}
    return compare(models, baselines, {"made up": (X, (X[:, 0] > 0).astype(int))}, 1, 1, folds=3, progress=False)


def test_contenders_and_cells():
    rows = made_rows()
    scores = tables.contenders(rows)
    assert list(scores)[:3] == ["kernel", "variational, 4 layers", "kernel, no entangling gates"]
    assert scores["RBF"] == [0.6 - 0.004 * k for k in range(4)]
    assert tables.percent(interval([0.5])) == "50.0 %" and "±" in tables.percent(interval([0.5, 0.6]))
    assert tables.tested(([1.0], [0.5])) == [""] and float(*tables.tested(([1, 2.1, 3], [0, 1, 2]))) < 0.01
    assert len(tables.chosen(rows, "device")) == 4 and len(tables.chosen(rows, "kernel on device")) == 4


def test_tests_of_a_table_are_one_family():
    """Holm's correction: the least p value is that of the test alone times how many there are."""
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=8), rng.normal(0.8, 1, 8)) for _ in range(4)]
    alone = [paired_p_value(*pair, 0.0) for pair in pairs]
    found = [float(p) for p in tables.tested(*pairs)]
    assert np.isclose(min(found), min(1, 4 * min(alone)), rtol=0.01)
    assert all(p >= 0.99 * q for p, q in zip(found, alone, strict=True))
    against = tables.against_kernel(tables.contenders(made_rows()))
    assert len(against) == 4 and "kernel" not in against


def test_words_of_the_device_follow_the_numbers():
    rows = made_rows()
    assert "x1 0.106 ± 0.008, -1.6" in tables.device(rows).text[1]
    for key, row in rows.items():
        if key.startswith("device"):
            row["trained: ideal"]["raw x5"] = [0.5, 0.4]
    assert "x5 0.400 ± 0.000, -50.0 ± 0.0 points" in tables.device(rows).text[1]
    assert "from 90.6" in tables.three(rows).text[0]


def test_sections_hold_the_numbers():
    rows = made_rows()
    ideal = tables.ideal(rows)
    assert len(ideal) == 3 and ideal[0].table.rows[-1][1] == "21" and ideal[0].table.rows[-1][-1] == ""
    assert float(ideal[0].table.rows[0][-1]) < 0.05
    assert tables.beside(rows).table.rows[0][0] == "kernel"
    assert [row[0] for row in tables.three(rows).table.rows] == ["20", "40"]
    device = tables.device(rows).table.rows
    assert len(device) == 2 + 7 + 4 and device[1][1] == "raw x1" and device[1][-1] == ""
    assert len(tables.device_kernel(rows).table.rows) == 7


def test_real_and_metrics():
    rows, found = made_rows(), made_comparison()
    section = tables.real(found)
    assert section.table.header == ("", "made up") and section.table.kinds == ("quantum", "baseline")
    assert any("guess against line: worse" in line for line in section.text)
    numbers = tables.metrics(rows, found)
    assert np.isclose(numbers["ad-hoc"]["kernel"]["mean"], 0.993)
    assert set(numbers["by depth"]) == set("01234") and numbers["real"]["made up"]["line"]["mean"] > 0.8
    assert numbers["device"]["trained: ideal"]["raw x5"][0]["mean"] < 1
