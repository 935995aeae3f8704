"""The report of hardware-efficient VQE, from made-up rows: words and checks follow the numbers; the command."""

import copy

import pytest

from ketwork.atlas import he_vqe, launch
from ketwork.atlas.he_vqe import QUICK, magnet_levels
from ketwork.atlas.he_vqe_page import depth_reached, finding


def point(name, length, qubits, terms, groups, shift=0.001):
    exact = -1.0 - length
    return {
        "molecule": name, "length": length, "usual": True, "qubits": qubits, "terms": terms, "groups": groups,
        "exact": exact, "register": exact, "hartree_fock": exact + 0.02, "noiseless": exact + shift / 10,
        "ideal": [exact + shift, exact + 3 * shift], "noisy": [exact + 0.05, exact + 0.07],
        "read_truly": [exact + 0.02, exact + 0.03],
        "history": {"ideal": [exact + 1 / k for k in range(1, 101)], "noisy": [exact + 2 / k for k in range(1, 101)]},
    }  # fmt: skip


def rows():
    curves = [point("H2", 0.7, 2, 5, 2), point("H2", 1.5, 2, 5, 2), point("LiH", 1.6, 4, 100, 25)]
    curves.append(point("BeH2", 1.3, 6, 165, 34))
    deep = [
        {"molecule": name, "depth": depth, "errors": errors}
        for name, depth, errors in (
            ("H2", 1, [1e-12, 1e-3]), ("LiH", 1, [0.017, 0.02]), ("LiH", 2, [0.00005, 0.001]),
            ("BeH2", 1, [0.03, 0.04]), ("BeH2", 8, [0.0002, 0.002]),
        )
    ]  # fmt: skip
    magnet = []
    for ratio in (0.3, 1.0):
        energy, mean = magnet_levels(ratio)
        depths = [
            {
                "depth": d,
                "noiseless": [energy * (1 - gap), mean],
                "ideal": [energy * 0.8, mean],
                "noisy": [energy / 2, 0],
            }
            for d, gap in enumerate((0.4, 0.2, 0.015, 0.001))
        ]
        magnet.append({"ratio": ratio, "exact": energy, "formula": [energy, mean], "depths": depths})
    errors = {"CX, chain": [0.3, 0.04, 0.0], "CZ, chain": [0.3, 0.04, 0.0], "CX, square": [0.2, 0.001, 0.0],
              "CZ, square": [0.3, 0.2, 0.1]}  # fmt: skip
    return curves, deep, magnet, [{"ratio": ratio, "errors": copy.deepcopy(errors)} for ratio in (0.35, 1.0)]


def failed(found):
    return [check.claim for check in found.checks if not check.passed]


def test_all_is_well():
    found = finding(QUICK, *rows())
    assert failed(found) == [] and found.tone == "better" and len(found.checks) == 9
    assert "H2 1, LiH 2, BeH2 8" in found.verdict
    assert found.metrics["depths"]["LiH"] == {"chemical_accuracy_at": 2, "best_error": {1: 0.017, 2: 0.00005}}
    assert any(claim.paper == "28" and claim.ours == "at most 8" for claim in found.claims)
    assert all(section.figure is None or "<svg" in section.figure for section in found.sections)


@pytest.mark.parametrize(
    ("spoil", "claim"),
    [
        (lambda c, d, m, s: c[2].update(terms=99), "Pauli terms"),
        (lambda c, d, m, s: c[3].update(groups=45), "sets of strings, at most"),
        (lambda c, d, m, s: c[0].update(noiseless=c[0]["exact"] + 0.002), "H2 curve, depth 1, no noise: largest error"),
        (lambda c, d, m, s: c[1].update(ideal=[0.0]), "H2 curve, SPSA with shots: largest median error"),
        (lambda c, d, m, s: d[2].update(errors=[0.0017]), "LiH, depth 2, no noise"),
        (lambda c, d, m, s: d[4].update(errors=[0.0017]), "BeH2, no noise: depth for 1.6 mHa"),
        (lambda c, d, m, s: m[0].update(exact=m[0]["exact"] + 1e-6), "magnet: exact energies are the closed forms"),
        (
            lambda c, d, m, s: s[1]["errors"].update({"CX, square": [0, 0.021, 0]}),
            "magnet at J/B = 1, depth 2, no noise, CX on the square's edges",
        ),
        (
            lambda c, d, m, s: m[1]["depths"][3].update(noiseless=[-7.9, 0]),
            "magnet at J/B = 1, depth 3, no noise, along a chain",
        ),
    ],
)  # fmt: skip
def test_every_check_can_fail(spoil, claim):
    made = copy.deepcopy(rows())
    spoil(*made)
    found = finding(QUICK, *made)
    assert failed(found) == [claim] and found.tone == "open"
    assert "8 of 9 checks" in found.verdict


def test_words():
    curves, deep, magnet, compared = rows()
    assert depth_reached(deep, "BeH2") == 8 and depth_reached(deep[:2], "LiH") is None
    curves[0]["register"] -= 0.1
    found = finding(QUICK, curves, deep, magnet, compared)
    assert any("other numbers of electrons" in text for section in found.sections for text in section.text)
    quiet = copy.deepcopy(curves)
    for row in quiet:
        row["noisy"] = [row["exact"]]
    assert "under noise: none" in finding(QUICK, quiet, deep, magnet, compared).verdict
    without = [row for row in curves if row["molecule"] != "BeH2"]
    deep = [d for d in deep if d["molecule"] != "BeH2"]
    assert "BeH2 8" not in finding(QUICK, without, deep, magnet, compared).verdict
    (note,) = (check.remark for check in found.checks if "depth 2" in check.claim and "magnet" in check.claim)
    assert note == "along a chain 4.0 %, not within 2 %"


def test_the_command(monkeypatch, tmp_path):
    """From the ledger to the folder; an interrupted run goes on where it was."""
    curves, deep, magnet, compared = rows()
    asked = []

    class Known:
        def __init__(self, size, seed):
            pass

        def point(self, name, length):
            asked.append(name)
            return next(row for row in curves if row["molecule"] == name)

        def depth(self, name, depth):
            return next(row for row in deep if row["molecule"] == name)

        def magnet(self, ratio):
            if len(asked) < 8:
                raise KeyboardInterrupt
            return magnet[1]

        def couplings(self, ratio):
            return next(row for row in compared if row["ratio"] == ratio)

    monkeypatch.setattr(he_vqe, "Lab", Known)
    monkeypatch.setattr(he_vqe, "chosen", lambda size, ledger: [("H2", 0.5), ("LiH", 1.595), ("BeH2", 1.326)])
    with pytest.raises(KeyboardInterrupt):
        launch.launch("he-vqe", out=tmp_path / "run", quick=True)
    assert len(asked) == 3
    asked.extend(["no more"] * 5)
    ran = launch.launch("he-vqe", out=tmp_path / "run", quick=True, resume=True)
    assert len(asked) == 8  # nothing was done again
    assert ran.report.exists() and (tmp_path / "run" / "result.json").exists()
    assert "chemically accurate" in ran.verdict
