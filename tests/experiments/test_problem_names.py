"""What `ketwork solve` is given: names and files become what they stand for, and everything else is one clear line."""

import json

import numpy as np
import pytest

from ketwork.experiments.problem_names import GRAMMAR, LATTICES, MODELS, Chemistry, pose
from ketwork.experiments.task import UserError
from ketwork.operators import MaxCut, ground_energy, spins

WATER = "3\nwater\nO 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"


def test_molecules_by_name():
    found = pose("H2_0.7414")
    assert found.unit == "hartree" and found.subject is found.molecule and found.n_qubits == 2
    assert pose("H2_0.7414", Chemistry(mapping="jordan_wigner")).n_qubits == 4
    assert pose("LiH").n_qubits == 4


@pytest.mark.parametrize(
    ("text", "sum_"),
    [
        ("heisenberg:ring:6", spins.heisenberg(spins.ring(6))),
        ("tfim:chain:5:field=0.5", spins.transverse_ising(spins.chain(5), transverse=0.5)),
        ("tfim:chain:5:longitudinal=0.5:coupling=-2", spins.transverse_ising(spins.chain(5), -2.0, 1.0, 0.5)),
        ("xxz:square:2x3:delta=0.5", spins.xxz(spins.square(2, 3), delta=0.5)),
        ("xy:torus:3x3:anisotropy=0.3", spins.xy(spins.square(3, 3, True), anisotropy=0.3)),
        ("ising:ladder:3:field=0.2", spins.ising(spins.ladder(3), field=0.2)),
        ("heisenberg:graph:0-1,1-2,2-0:field=0.1/0/0.2", spins.heisenberg(spins.ring(3), field=(0.1, 0.0, 0.2))),
    ],
)
def test_spin_models(text, sum_):
    found = pose(text)
    assert found.hamiltonian == sum_ and found.unit == "" and found.molecule is None
    assert not set(found.name) & set(":/=,")  # a folder can have this name


def test_every_model_on_every_lattice():
    sizes = {"N": "4", "RUNGS": "2", "ROWSxCOLUMNS": "2x2", "A-B,B-C,...": "0-1,1-2"}
    for model in MODELS:
        for lattice, (written, _) in LATTICES.items():
            assert ground_energy(pose(f"{model}:{lattice}:{sizes[written]}").hamiltonian) < 0
    assert all(name in GRAMMAR for name in (*MODELS, *LATTICES))


def test_problems_with_sizes():
    ring = pose("maxcut:ring:6").problem
    assert isinstance(ring, MaxCut) and ring.check("010101").objective == 6
    assert pose("mis:chain:4").problem.check("1001").objective == 2
    assert pose("labs:7").problem.check("0001101").objective == 3  # the Barker sequence of 7


def test_files(tmp_path):
    sums = tmp_path / "pair.json"
    sums.write_text(json.dumps({"terms": {"XX": 0.5, "ZI": -1.0}}))
    assert np.isclose(ground_energy(pose(str(sums)).hamiltonian), -np.sqrt(1.25), atol=1e-9)
    graph = tmp_path / "triangle.txt"
    graph.write_text("3 3\n1 2 1\n2 3 1\n1 3 1\n")
    found = pose(str(graph))
    assert found.name == "triangle" and found.problem.check("011").objective == 2


def test_a_geometry(tmp_path):
    pytest.importorskip("pyscf")
    place = tmp_path / "water.xyz"
    place.write_text(WATER)
    found = pose(str(place), Chemistry(active="4,4"))
    assert found.name == "water" and found.n_qubits == 8 and found.molecule.n_electrons == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LiF", "Did you mean LiH"),
        ("H2_0.7", "Did you mean H2_0.9 or H2_0.6"),
        ("heisenburg:ring:8", "Did you mean heisenberg"),
        ("heisenberg:rnig:8", "Did you mean 'ring'"),
        ("heisenberg:ring", "has no size"),
        ("heisenberg", "Did you mean heisenberg:"),
        ("heisenberg:ring:2x3", "is written N, but '2x3' has 2 numbers"),
        ("heisenberg:ring:2", "must be at least 3, but is 2"),
        ("heisenberg:graph:0-0", "two different sites"),
        ("tfim:ring:8:feld=1", "Did you mean field"),
        ("tfim:ring:8:field=a", "field must be a number, but is 'a'"),
        ("tfim:ring:8:field=nan", "must be finite"),
        ("tfim:ring:8:field=1/2/3", "must be one number"),
        ("tfim:ring:8:field", "NAME=VALUE"),
        ("maxcut:ring:6:field=1", "takes no parameters"),
        ("labs:1", "at least 2"),
        ("tfim:chain:63", "[1, 62], but is 63"),
        ("nope.xyz", "does not exist"),
        ("nope.json", "does not exist"),
        ("", "There is no problem ''"),
    ],
)
def test_unknown_names(text, words):
    with pytest.raises(UserError) as error:
        pose(text)
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xyz", "3\n\nO 0 0 0\nH 0 0\nH 0 1 0\n", "a.xyz, line 4: 3 coordinates must follow H"),
        ("a.xyz", "1\n\nQ 0 0 0\n", "a.xyz, line 3: an element from H to Xe"),
        ("a.xyz", "2\n\nH 0 0 0\n", "line 1: 2 atoms are promised"),
        ("a.txt", "3 3\n1 2 1\n2 9 1\n1 3 1\n", "a.txt, line 3: nodes must lie in [1, 3]"),
        ("a.txt", "3 3\n1 2 1\n2 3 x\n1 3 1\n", "a.txt, line 3: 'x' is not a number"),
        ("a.gph", "p edge 3 2\ne 1 2\ne 1\n", "a.gph, line 3"),
        ("a.txt", "hello to the world\n", "no known format"),
        ("a.json", '{"terms": {"XQ": 1}}', "a.json"),
        ("a.json", '{"terms": {"XY": "1j"}}', "must be a real number"),
        ("a.json", '{"terms": {"XX": 1, "Z": 1}}', "a.json"),
        ("a.json", "{", "is not JSON"),
    ],
)
def test_malformed_files(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError) as error:
        pose(str(tmp_path / name))
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("chemistry", "words"),
    [
        (Chemistry(spin=1), "must be the number of unpaired ones of 10 electrons, an even number"),
        (Chemistry(charge=1), "of 9 electrons, an odd number"),
        (Chemistry(active="4,9"), "must have 1 to 4 orbitals"),
        (Chemistry(active="12,4"), "must have 10 electrons"),
        (Chemistry(active="4"), "ELECTRONS,ORBITALS"),
        (Chemistry(basis="sto-3"), "basis 'sto-3'"),
        (Chemistry(mapping="parityy"), "Did you mean 'parity'"),
    ],
)
def test_molecules_that_cannot_be(tmp_path, chemistry, words):
    pytest.importorskip("pyscf")
    (tmp_path / "water.xyz").write_text(WATER)
    with pytest.raises(UserError) as error:
        pose(str(tmp_path / "water.xyz"), chemistry)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_options_that_do_not_go_with_it():
    for text, options, words in (
        ("LiH", {"chemistry": Chemistry(basis="sto-3g")}, "--basis is for molecules from .xyz files"),
        ("heisenberg:ring:4", {"chemistry": Chemistry(mapping="parity")}, "--mapping does not go"),
        ("LiH", {"index": 1}, "--index is for instance files"),
    ):
        with pytest.raises(UserError, match=words):
            pose(text, **options)


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyscf", None)
    monkeypatch.setitem(sys.modules, "pyscf.gto", None)
    (tmp_path / "water.xyz").write_text(WATER)
    with pytest.raises(UserError, match=r"pip install 'ketwork\[chemistry\]'"):
        pose(str(tmp_path / "water.xyz"))


def test_long_names_of_graphs_make_short_folders():
    """A file's name has at most 255 letters."""
    written = "maxcut:graph:" + ",".join(f"{k}-{k + 1}" for k in range(60))
    found, other = pose(written), pose(written + ",0-2")
    assert len(found.name) < 100 and found.title == written and found.problem.n_variables == 61
    assert found.name != other.name


@pytest.mark.parametrize("written", ["maxcut:ring:", "tfim:square:2x", "maxcut:graph:0-", "maxcut:ring:four"])
def test_sizes_that_are_no_numbers(written):
    with pytest.raises(UserError, match="is written") as error:
        pose(written)
    assert "int()" not in str(error.value)


def test_long_words_are_no_files():
    with pytest.raises(UserError, match="There is no problem"):
        pose("a" * 300)
