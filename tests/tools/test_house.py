"""The house script sees what it should see."""

import pytest

import house

CLEAN = {"src/ketwork/circuit/gates.py": "X = 1\n", "tests/circuit/test_gates.py": ""}


def build(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return house.complaints(root)


def test_a_clean_house(tmp_path):
    assert build(tmp_path, CLEAN) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "src/ketwork/circuit/gates.py",
            "def f():\n    from ketwork.engine.lower import lower\n",
            "must not import engine",
        ),
        ("src/ketwork/circuit/gates.py", "from ketwork import models\n", "must not import models"),
        ("src/ketwork/circuit/gates.py", "x = 1\n" * 401, "401 lines"),
        ("src/ketwork/circuit/gates.py", "def f():\n" + "    x = 1\n" * 61, "f has 62 lines"),
        ("src/ketwork/circuit/gates.py", "def f(a, b, c, d, e, f, *, g, h): ...\n", "8 arguments"),
        ("src/ketwork/circuit/utils.py", "", "is a drawer"),
        ("src/ketwork/models/gates.py", "", "'gates' occurs 2 times"),
        ("src/ketwork/circuit/angle.py", "", "no tests/circuit/test_angle.py"),
        ("src/ketwork/attic/box.py", "", "'attic' has no place"),
        ("tests/circuit/test_old.py", "", "no src/ketwork/circuit/old.py"),
    ],
)
def test_what_it_complains_about(tmp_path, name, text, said):
    assert any(said in line for line in build(tmp_path, {**CLEAN, name: text}))
