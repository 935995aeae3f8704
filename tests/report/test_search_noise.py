"""Sections on what the search has not seen: there where there is something to say, and with the right numbers."""

from ketwork.report.search_noise import noise_sections
from searched import searched


def test_nothing_without_noise_and_data():
    assert noise_sections(searched(), "error", []) == ()


def test_conditions_side_by_side():
    run = searched(noisy=True)
    (found,) = noise_sections(run, "error", [{"name": "hand", "final": {"ideal": 0.5, "noisy": None}}])
    assert found.table.header == ("", "no noise", "noise of the search", "held-out noise", "mitigated")
    assert found.table.rows[0][0] == "random" and found.table.rows[0][1].startswith("0.1")
    assert found.table.rows[-1] == ("hand", "0.5", "none", "none", "none")


def test_test_data():
    found = noise_sections(searched(accuracy=0.75), "validation loss", [])
    assert [section.title for section in found] == ["On test data"]
    assert found[0].table.rows[0][1].startswith("0.25")
    assert "Neither searches" in found[0].text[-1]
