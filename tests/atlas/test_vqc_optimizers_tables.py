"""Sections of the report on optimisers of a classifier, from rows that are known."""

import numpy as np
import pytest

from ketwork.atlas import vqc_optimizers_tables as tables
from ketwork.atlas.vqc_optimizers import ALL_WORDS, BESIDE, CLASSICAL, FIRST, OPTIMIZERS, REPRESENTATIONS, TEST_SHARE
from ketwork.atlas.vqc_optimizers_tables import COBYLA, LBFGS, Against, best, chosen, mean, metrics, values
from ketwork.experiments.compare import interval, paired_p_value
from ketwork.experiments.ranks import holm


def made_models(accuracies, k):
    """Models with these accuracies, a little more in every further split but for the first model."""
    found = {}
    for model, accuracy in accuracies.items():
        one = {"scores": [accuracy + 0.001 * k * (model != FIRST), 0.6, 0.5, 0.55], "train": accuracy + 0.05}
        if model.startswith("VQC"):
            slow = 0 if "COBYLA" in model else 80
            one |= {"loss": [0.7, 0.65, 0.6 + 0.001 * k], "circuits": 800 * (1 + slow), "fit_seconds": 0.5}
        found[model] = one
    return found


def made_rows(splits=3):
    """Rows as a run has them: AQGD 0.6, COBYLA 0.55, classical models 0.64 to 0.66, with labels all at 0.74."""
    table = dict.fromkeys(OPTIMIZERS, 0.6) | dict.fromkeys(BESIDE, 0.61) | {COBYLA: 0.55, LBFGS: 0.62}
    table |= dict(zip(CLASSICAL, (0.64, 0.65, 0.66), strict=True)) | dict.fromkeys(ALL_WORDS, 0.78)
    rows = {"gradient": {"weights": 40, "difference": 2e-16}}
    for k in range(splits):
        rows[f"TF-IDF, split {k}"] = {"models": made_models(table, k), "words": 1500, "explained": 0.07}
        for name in list(REPRESENTATIONS)[1:]:
            height = 0.74 if name == "least squares" else 0.65
            other = dict.fromkeys((FIRST, LBFGS, *CLASSICAL), height)
            rows[f"{name}, split {k}"] = {"models": made_models(other, k)}
        for scale in (0.1, 1.0):
            rows[f"scale {scale:g}, split {k}"] = {"scores": [0.58 - 0.01 * k, 0, 0, 0], "train": 0.7, "loss": [0.6]}
    return rows


@pytest.fixture
def rows():
    return made_rows()


def test_rows_are_found_by_what_they_are(rows):
    part = chosen(rows, "chosen words")
    assert len(part) == 3 and set(part[0]["models"]) == {FIRST, LBFGS, *CLASSICAL}  # not those of the leak
    assert values(chosen(rows, "TF-IDF"), COBYLA) == pytest.approx([0.55, 0.551, 0.552])
    assert mean(part, CLASSICAL[0]) == interval([0.65, 0.651, 0.652], TEST_SHARE)
    assert values(part, FIRST, "F-score") == [0.55] * 3
    assert best(chosen(rows, "TF-IDF"), CLASSICAL) == "random forest"


def test_words_of_paired_tests(rows):
    main, features = tables.main_tests(rows), tables.feature_tests(rows)
    assert main[COBYLA].word == "worse" and str(main[COBYLA].back).startswith("better (p = ")
    assert features["least squares", CLASSICAL[0]].word == "no difference shown"
    assert {str(test) for test in tables.main_tests(made_rows(1)).values()} == {"no test"}


def test_tests_of_a_table_are_one_family():
    """What a test alone shows is not shown among all tests of its table."""
    rows, rng = made_rows(5), np.random.default_rng(0)
    for row in chosen(rows, "TF-IDF"):
        for model in row["models"].values():
            model["scores"][0] += 0.02 * rng.normal()
    part, found = chosen(rows, "TF-IDF"), tables.main_tests(rows)
    raw = {model: paired_p_value(values(part, model), values(part, FIRST), TEST_SHARE) for model in found}
    assert len(found) == len(tables.SHOWN) - 1
    assert [found[model].p for model in found] == pytest.approx(holm(list(raw.values())))
    assert any(raw[model] < 0.05 <= found[model].p for model in found)
    assert len(tables.feature_tests(rows)) == len(REPRESENTATIONS) * len(CLASSICAL)
    assert Against(0.1, 0.04).word == "better" and Against(0.1, 0.06).word == "no difference shown"


def test_main_table(rows):
    section = tables.main_table(rows)
    cells = {row[0]: row[1:] for row in section.table.rows}
    assert set(cells) == {*OPTIMIZERS, *BESIDE, *CLASSICAL, *ALL_WORDS}
    assert cells[FIRST] == ("0.600 ± 0.00", "0.600 ± 0.00", "0.500 ± 0.00", "0.550 ± 0.00", "")
    assert cells["random forest, all words"][-1].endswith(" better") and cells[COBYLA][-1].endswith(" worse")
    assert "7.0% of the variance of 1500 words" in section.text[1]
    assert section.figure.startswith("<svg")


def test_representations(rows):
    section = tables.representations(rows)
    assert [row[0] for row in section.table.rows] == list(REPRESENTATIONS)
    assert section.table.rows[-1][1] == "0.740 ± 0.00"
    assert "TF-IDF -0.061, worse" in section.text[1] and "least squares -0.001, no difference" in section.text[1]
    few = {key: row for key, row in rows.items() if not key.startswith("counts")}
    assert "counts" not in {row[0] for row in tables.representations(few).table.rows}


def test_optimizers(rows):
    section = tables.optimizers(rows)
    cells = {row[0]: row[1:] for row in section.table.rows}
    assert cells[FIRST][0] == "0.6010" and cells[FIRST][4] == "64,800" and cells[COBYLA][4] == "800"
    assert "81 times fewer" in section.text[1] and "COBYLA, both 100: better" in section.text[1]


def test_losses_that_ended_go_on(rows):
    assert tables._padded(chosen(rows, "TF-IDF"), FIRST, 5)[4] == pytest.approx([0.6, 0.601, 0.602])


def test_scales(rows):
    cells = tables.scales(rows).table.rows
    assert [row[0] for row in cells] == ["as they are", "0.1", "1"]
    assert cells[1][1].startswith("0.570 ±") and cells[1][2] == "0.700"


def test_metrics_hold_no_times(rows):
    found = metrics(rows)
    assert found["models"][FIRST]["accuracy"] == {"mean": pytest.approx(0.6), "half_width_95": pytest.approx(0)}
    assert found["models"][FIRST]["circuits"] == 64800 and "circuits" not in found["models"]["random forest"]
    assert found["features"]["least squares"][LBFGS]["mean"] == pytest.approx(0.741)
    assert found["scales"]["scale 1"]["mean"] == pytest.approx(np.mean([0.58, 0.57, 0.56]))
    assert found["gradient"] == 2e-16 and "seconds" not in str(found)
