"""The sections on a device: what is compared, and which qubits are shown."""

from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from ketwork.experiments.compare import paired_p_value
from ketwork.experiments.task import FitTask
from ketwork.noise.calibration_files import load_device
from ketwork.report import figures
from ketwork.report.device_section import _names, device_sections, evaluations, place_name

LIMA = load_device("lima")
SCORES = {
    ("ideal", "ideal"): [0.9, 0.8, 0.88], ("ideal", "device"): [0.7, 0.6, 0.71],
    ("ideal", "mitigated"): [0.8, 0.7, 0.8],
    ("device", "ideal"): [0.8, 0.8, 0.8], ("device", "device"): [0.8, 0.79, 0.81],
    ("device", "mitigated"): [0.8, 0.7, 0.8],
}  # fmt: skip


def rows(scores=SCORES, device="lima", loss=0.5):
    found = []
    for k in range(3):
        entries = [
            {"trained": t, "run": r, "accuracy": values[k], "loss": loss, "circuits": 10, "samples": 10,
             "shots": 4096 * 30 if r == "mitigated" else 0}
            for (t, r), values in scores.items()
        ]  # fmt: skip
        facts = {"name": device, "date": LIMA.date, "qubits": [0, 1, 2]} if device else None
        found.append({"contender": "variational circuit", "on_device": {"device": facts, "evaluations": entries}})
        found.append({"contender": "strong"})
    return found


def test_no_device_no_section():
    assert device_sections(FitTask("iris"), [{"contender": "variational circuit"}], None) == []
    assert place_name(FitTask("iris"), None) == ""


def test_the_comparison_holds_all_six():
    comparison, shown = device_sections(FitTask("iris", device="lima"), rows(), LIMA)
    assert comparison.title == "Ideal, noisy, mitigated"
    table = {row[:2]: row[2:] for row in comparison.table.rows}
    assert len(table) == 6
    assert table["ideal simulator", "lima"][0].startswith("0.670 ± ")
    assert table["lima, exact noise", "lima, readout + ZNE"][2:] == ("10", "122,880")
    assert table["ideal simulator", "ideal simulator"][3] == "exact values"
    assert ElementTree.fromstring(comparison.figure).tag.endswith("svg")
    assert shown.title == "The device"


def test_intervals_are_corrected_for_shared_training_data_in_table_and_figure():
    """Folds of a fourth share training data: the variance is (1/3 + 1/3) s^2 instead of s^2 / 3."""
    comparison = device_sections(FitTask("iris", device="lima"), rows(), LIMA)[0]
    table = {row[:2]: row[2] for row in comparison.table.rows}
    scores = np.array(SCORES["ideal", "device"])
    half = stats.t.ppf(0.975, 2) * scores.std(ddof=1) * np.sqrt(2 / 3)
    assert table["ideal simulator", "lima"] == f"{scores.mean():.3f} ± {half:.3f}"
    names = _names(FitTask("iris", device="lima"), LIMA)
    assert comparison.figure == figures.evaluations_figure(evaluations(rows()), names, 0.25)
    assert comparison.figure != figures.evaluations_figure(evaluations(rows()), names)


def test_differences_come_with_their_test():
    text = " ".join(device_sections(FitTask("iris", device="lima"), rows(), LIMA)[0].text)
    p = paired_p_value(SCORES["device", "device"], SCORES["ideal", "device"], 0.25)
    gain = np.mean(SCORES["device", "device"]) - np.mean(SCORES["ideal", "device"])
    assert f"Training under the noise changes the accuracy on the device by {gain:+.3f} (p = {p:.2g}" in text
    assert "Noise changes the accuracy of the ideally trained model by -0.190" in text
    assert "4,096 shots" in text


def test_a_difference_without_spread_is_no_proof():
    shifted = SCORES | {("ideal", "device"): [s - 0.1 for s in SCORES["ideal", "ideal"]]}
    text = " ".join(device_sections(FitTask("iris", device="lima"), rows(shifted), LIMA)[0].text)
    assert "ideally trained model by -0.100 (in every repetition)." in text


def test_what_was_not_done_is_not_said():
    less = {key: SCORES[key] for key in (("ideal", "ideal"), ("ideal", "device"))}
    task = FitTask("iris", device="lima", train_on="ideal", mitigation="none")
    text = " ".join(device_sections(task, rows(less), LIMA)[0].text)
    assert "Mitiga" not in text
    assert "Training under" not in text


def test_shots_alone():
    less = {key: SCORES[key] for key in (("ideal", "ideal"), ("ideal", "device"))}
    task = FitTask("iris", shots=2000)
    (only,) = device_sections(task, rows(less, None), None)
    assert only.title == "Ideal and read with shots"
    assert place_name(task, None) == ", read with 2,000 shots a circuit,"


def test_a_kernel_has_no_loss():
    section = device_sections(FitTask("iris", device="lima", model="kernel"), rows(loss=None), LIMA)[0]
    assert {row[3] for row in section.table.rows} == {"none"}
    text = " ".join(section.text)
    assert "4,096 shots each; on the ideal simulator it is exact" in text
    assert "without mitigation are exact" not in text
    assert section.table.rows[3][0] == "lima, 4,096 shots a pair"


def test_the_map_says_which_qubits():
    section = device_sections(FitTask("iris", device="lima"), rows(), LIMA)[1]
    assert "qubits 0-1-2" in section.text[1]
    assert LIMA.source in section.text[0]
    rings = [e for e in ElementTree.fromstring(section.figure).iter() if (e.get("style") or "").count("#5b3fd6")]
    assert len(rings) >= 3


@pytest.mark.parametrize(("shots", "said"), [(None, " on lima (2021-03-15, simulated)"), (50, "with 50 shots")])
def test_the_place_in_a_sentence(shots, said):
    assert said in place_name(FitTask("iris", device="lima", shots=shots), LIMA)


def test_evaluations_keep_their_order():
    found = evaluations(rows())
    assert list(found) == list(SCORES)
    assert [entry["accuracy"] for entry in found["ideal", "device"]] == SCORES["ideal", "device"]
