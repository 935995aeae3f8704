"""Sections of the readout-qubit classifier's report, from rows that are known."""

import numpy as np
import pytest

from ketwork.atlas import farhi_neven_tables as tables
from ketwork.atlas.farhi_neven import LABELS
from ketwork.atlas.farhi_neven_digits import PREPARATIONS, READOUTS, TEST_SHARE
from ketwork.atlas.farhi_neven_states import KINDS
from ketwork.atlas.farhi_neven_tables import LINEAR, NETWORK, OURS, chosen, errors, metrics, percent
from ketwork.experiments.compare import interval, paired_p_value


def made_rows():
    """Rows as a run has them, three of a kind, with numbers that are easy to recognise."""
    rows = {
        "representation": {"functions": 200, "worst": 1e-15, "monomials": [3, 5], "gates": [4, 8], "seconds": 1.0},
        "slopes of parity": {"widths": [2, 4], "measured": [0.3, 0.2], "closed": [0.35, 0.18]},
        "engine": {"steps": 5, "weights": 1e-15, "values": 1e-14, "patterns": 9, "error": 0.03,
                   "step_seconds": [0.01, 0.0005], "seconds": 3.0},
    }  # fmt: skip
    learned = {"bits": 6, "subset": [0, 1], "error": 0.0, "errors": [0.5, 0.0], "losses": [1.0, 0.1]}
    for k in range(3):
        for label in LABELS:
            classical = {"logistic regression": 0.5, "network with 8 hidden units": 0.0}
            rows[f"{label} {k}"] = {**learned, "label": label, "samples": 50 * (k + 1), "classical": classical}
        rows[f"parity {k}"]["elimination"] = {"samples": 7 + k, "error": 0.0}
        rows[f"parity of 4 bits {k}"] = {**learned, "bits": 4, "samples": 100, "classical": {}}
        for name in PREPARATIONS:
            wrong = {OURS: 0.03, list(READOUTS)[1]: 0.029, "random angles, untrained": 0.5, LINEAR: 0.02, NETWORK: 0.01}
            rows[f"digits {name} {k}"] = {
                "errors": {m: [e + 0.001 * k * (m != NETWORK), 2 * e] for m, e in wrong.items()},
                "parameters": dict(zip(wrong, (96, 16, 0, 17, 91), strict=True)), "images": 100, "clear": 80,
                "patterns": 12, "seen": 0.9, "curve": [0.9, 0.2 + 0.01 * k], "block": 10, "training": 64, "test": 16,
            }  # fmt: skip
        rows[f"superpositions {k}"] = {name: {"loss": 0.17, "image_loss": 0.18, "error": 0.03} for name in READOUTS}
        for kind in KINDS:
            rows[f"states {kind} {k}"] = {
                "terms": 28, "before": 0.5, "linear loss": 0.15 + 0.01 * k, "logistic loss": 0.03 + 0.001 * k,
                "written down": 0.001, "classical": 0.03 + 0.001 * k, "positive": 0.5,
            }  # fmt: skip
    return rows


@pytest.fixture
def rows():
    return made_rows()


def test_rows_are_found_by_what_they_are(rows):
    assert len(chosen(rows, "parity")) == 3  # not the slopes, nor other widths
    assert {row["bits"] for row in chosen(rows, "parity of 4 bits")} == {4}
    assert errors(chosen(rows, "digits box"), NETWORK) == [0.01] * 3
    assert errors(chosen(rows, "digits box"), LINEAR, 1) == [0.04] * 3


def test_percent():
    assert percent(interval([0.02])) == "2.0 %"
    assert percent(interval([0.01, 0.03])) == "2.0 ± 12.7 %"


def test_boolean_sections(rows):
    written, learned, wider = tables.boolean(rows)
    assert "200 random functions" in written.text[0]
    cells = {row[0]: row[1:] for row in learned.table.rows}
    assert cells["readout qubit, parity"] == ("3 of 3", "0.0 ± 0.0 %", "100", "150")
    assert cells["logistic regression, majority"][0] == "0 of 3"
    assert cells["elimination modulo 2, parity"] == ("3 of 3", "0.0 ± 0.0 %", "8", "9")
    assert "elimination modulo 2, majority" not in cells
    assert wider.table.rows == (("4", "3 of 3", "100, 100, 100"),)
    assert all(section.figure.startswith("<svg") for section in (learned, wider))


def test_digits_section(rows):
    section = tables.digits(chosen(rows, "digits box"), "box")
    cells = {row[0]: row[1:] for row in section.table.rows}
    assert cells[OURS][0] == "96" and cells[OURS][3] == ""
    assert cells["random angles, untrained"][0] == "none"
    assert float(cells[NETWORK][3]) < 0.05
    assert "90% of the clear test images" in section.text[1]
    assert "Holm's method for 4 tests" in section.text[0]


def test_p_values_are_those_of_a_family(rows):
    part = chosen(rows, "digits box")
    found = tables.against(part)
    plain = {m: paired_p_value(errors(part, OURS), errors(part, m), TEST_SHARE) for m in found}
    assert len(found) == 4 and OURS not in found
    tested = {m: p for m, p in plain.items() if not np.isnan(p)}
    least = min(tested, key=tested.get)
    assert np.isclose(found[least], min(1, len(tested) * tested[least]))
    assert all(found[m] >= p for m, p in tested.items())


def test_intervals_know_that_splits_share_data(rows):
    part = chosen(rows, "digits box")
    naive = interval(errors(part, OURS))
    assert np.isclose(tables.over_splits(part, OURS).half, naive.half * np.sqrt((1 / 3 + 0.25) / (1 / 3)))


def test_course_and_superpositions(rows):
    assert "10 samples" in tables.course(chosen(rows, "digits box")).text[0]
    cells = tables.superposed(rows).table.rows
    assert [row[0] for row in cells] == list(READOUTS)
    assert cells[0][1:4] == ("0.1700", "0.1800", "3.0 ± 0.0 %")


def test_states_say_what_the_tests_say(rows):
    words = " ".join(tables.states(rows).text)
    assert "logistic loss is better than linear loss" in words
    assert "logistic loss and classical show no difference" in words
    for kind in KINDS:
        for k in range(3):
            rows[f"states {kind} {k}"]["logistic loss"] = 0.4 + 0.002 * k
    assert "logistic loss is worse than classical" in " ".join(tables.states(rows).text)


def test_formula_names_what_was_measured(rows):
    text = tables.formula(rows["engine"]).text[-1]
    assert "after 5 training steps" in text and "10.0 ms" in text and "0.50 ms" in text


def test_metrics(rows):
    found = metrics(rows)
    assert found["representation"] == {"functions": 200, "worst": 1e-15}
    assert found["parity"]["samples"] == [50, 100, 150]
    box = found["digits box"]
    assert box[OURS]["p_value_against_readout"] is None and box[NETWORK]["p_value_against_readout"] < 0.05
    assert np.isclose(box[LINEAR]["clear"]["mean"], 0.021)
    assert "step_seconds" not in found["engine"]  # times are not part of what a seed fixes
