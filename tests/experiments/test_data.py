"""Data sets as they are on disk, and the door."""

import gzip
import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from ketwork.experiments import data as data_module
from ketwork.experiments.data import check, constant_features, dataset_of, draw_rows, from_table, load
from ketwork.experiments.task import UserError

TABLE = "a,b,kind\n1,2.5,left\n-3,1e2,right\n0.5,7,left\n2,2,right\n"


def test_built_in_data_is_what_scikit_learn_has():
    found = load("digits")
    np.testing.assert_array_equal(found.X, load_digits().data)
    assert found.classes == tuple("0123456789")
    assert constant_features(found) == ["pixel_0_0", "pixel_4_0", "pixel_4_7"]
    assert load("moons").X.shape == (400, 2)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_every_separator(tmp_path, separator):
    path = tmp_path / "table.csv"
    path.write_text("\ufeff" + TABLE.replace(",", separator) + "\n\n", encoding="utf-8")
    found = load(str(path))
    np.testing.assert_array_equal(found.X, [[1, 2.5], [-3, 100], [0.5, 7], [2, 2]])
    assert found.y.tolist() == ["left", "right", "left", "right"]
    assert found.feature_names == ("a", "b")


def test_parquet_says_the_same_as_csv(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    (tmp_path / "t.csv").write_text(TABLE)
    columns = {"a": [1.0, -3, 0.5, 2], "b": [2.5, 100, 7, 2], "kind": ["left", "right", "left", "right"]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    a, b = load(str(tmp_path / "t.csv")), load(str(tmp_path / "t.parquet"))
    assert a.sha256 == b.sha256


def test_the_target_may_be_any_column(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("kind,a,b\n" + "".join(f"{k % 2},{k},{k * k}\n" for k in range(6)))
    assert from_table(path, "kind").feature_names == ("a", "b")
    assert from_table(path, None, needed=["b"]).X.ravel().tolist() == [0, 1, 4, 9, 16, 25]
    with pytest.raises(UserError, match="lacks 1 of 2 feature columns that the model was trained on: c"):
        from_table(path, None, needed=["b", "c"])


def test_the_hash_sees_every_value(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    before = load(str(path)).sha256
    path.write_text(TABLE.replace("2.5", "2.6"))
    assert load(str(path)).sha256 != before


def archive(folder, name, magic, shape, values):
    head = bytes([0, 0, 8, len(shape)]) + b"".join(int(n).to_bytes(4, "big") for n in shape)
    (folder / name).write_bytes(gzip.compress(head + bytes(values), mtime=0))
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_image_archives_are_read_and_their_hash_is_checked(tmp_path, monkeypatch):
    (tmp_path / "tiny").mkdir()
    pixels = np.arange(4 * 9) % 251
    hashes = {
        "images.gz": archive(tmp_path / "tiny", "images.gz", 3, (4, 3, 3), pixels.tolist()),
        "labels.gz": archive(tmp_path / "tiny", "labels.gz", 1, (4,), [7, 1, 7, 1]),
    }
    monkeypatch.setenv("KETWORK_DATA", str(tmp_path))
    monkeypatch.setitem(data_module.IMAGES, "tiny", ("tiny", "https://example.org", hashes))
    found = load("tiny")
    np.testing.assert_allclose(found.X, pixels.reshape(4, 9) / 255)
    assert found.y.tolist() == ["7", "1", "7", "1"]
    (tmp_path / "tiny" / "labels.gz").write_bytes(b"other")
    with pytest.raises(UserError, match="is not the original file"):
        load("tiny")
    (tmp_path / "tiny" / "labels.gz").unlink()
    with pytest.raises(UserError, match=r"Get it from https://example\.org"):
        load("tiny")


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_archives(data_folder, monkeypatch, name):
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    found = load(name)
    assert found.X.shape == (60_000, 784)
    assert np.bincount(found.y.astype(int)).min() > 5000


def test_a_class_with_one_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,kind\n1,x\n2,x\n3,x\n4,y\n")
    with pytest.raises(UserError, match="class 'y' has 1 row"):
        check(from_table(path, None))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,a,kind\n1,2,x\n", r"names a column twice in its first line: a, a, kind"),
        ("kind\nx\ny\n", r"has only the target column 'kind'; features are needed beside it"),
        ("a,kind\n1,\n2,x\n", r"target column 'kind' has empty cells"),
        ("a,kind\n1,\xe9\n".encode("latin-1"), r"t.csv is not text in UTF-8"),
        ("a,kind\n1,x\nnan,x\n3,y\n,y\n", r"column 'a' holds nan in data row 2 \(2 values like that in all\)"),
        ("a,kind\n1,x\n1O,y\n", r"data row 2 holds '1O'"),
    ],
)
def test_the_door_of_tables(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=message):
        load(str(tmp_path / "t.csv"))


def test_quoted_cells_keep_their_commas(tmp_path):
    (tmp_path / "t.csv").write_text('a,kind\n1,"left, low"\n2,"left, low"\n3,right\n4,right\n')
    assert load(str(tmp_path / "t.csv")).classes == ("left, low", "right")


def test_a_parquet_file_that_is_none(tmp_path):
    (tmp_path / "t.parquet").write_text(TABLE)
    with pytest.raises(UserError, match=r"t\.parquet cannot be read as Parquet"):
        load(str(tmp_path / "t.parquet"))


def test_quoted_newlines_and_true_line_numbers(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,kind\n1,"x\ny"\n2,z\n\n3,"x\ny"\n4,z\n')
    assert from_table(path, None).y.tolist() == ["x\ny", "z", "x\ny", "z"]
    path.write_text("a,b\n\n1,2\n1\n")
    with pytest.raises(UserError, match="line 4: 1 cells, but the first line names 2"):
        from_table(path, None)


def test_targets_that_are_numbers(tmp_path):
    found = load("diabetes")
    assert found.continuous
    np.testing.assert_array_equal(found.y, load_diabetes().target)
    (tmp_path / "t.csv").write_text("a,height,b\n1,2.5,0\n2,1e1,1\n3,-7,1\n4,0,0\n")
    table = load(str(tmp_path / "t.csv"), "height", numbers=True)
    np.testing.assert_array_equal(table.y, [2.5, 10, -7, 0])
    assert table.feature_names == ("a", "b")
    assert not load("iris").continuous
    (tmp_path / "u.csv").write_text("a,height\n1,2.5\n2,\n3,-7\n4,0\n")
    with pytest.raises(UserError, match="'height' has empty cells"):
        load(str(tmp_path / "u.csv"), "height", numbers=True)
    (tmp_path / "v.csv").write_text("a,height\n1,2\n2,2\n3,2\n4,2\n")
    with pytest.raises(UserError, match="the target must vary"):
        load(str(tmp_path / "v.csv"), "height", numbers=True)


@pytest.mark.parametrize(
    ("y", "numbers", "kind"),
    [
        ([0, 1, 1, 0], None, "i"),
        ([0.0, 1.0, 1.0, 0.0], None, "i"),
        ([0.5, 1.0, 1.0, 0.0], None, "f"),
        ([0, 1, 1, 0], True, "f"),
        (["a", "b", "b", "a"], None, "U"),
        (np.array(["a", "b", "b", "a"], object), None, "U"),
    ],
)
def test_arrays_are_data_sets_of_classes_or_numbers(y, numbers, kind):
    found = dataset_of("d", (np.arange(8.0).reshape(4, 2), y), numbers)
    assert found.y.dtype.kind == kind
    assert found.name == "d"
    assert list(found.y) == list(y)


@pytest.mark.parametrize(
    ("given", "numbers", "error", "message"),
    [
        (3, None, TypeError, r"must be a Dataset, \(X, y\) or a name"),
        ((np.zeros((3, 2)), [0, 1]), None, ValueError, "must have as many rows"),
        ((np.zeros((3, 2)), [[0], [1], [1]]), None, ValueError, "must have as many rows"),
        ((np.zeros(3), [0, 1, 1]), None, ValueError, "`X` must have 2 axes"),
        ((np.zeros((0, 2)), []), None, ValueError, "must have as many rows"),
        ((np.zeros((3, 2)), ["a", "b", "a"]), True, TypeError, "`y` must be an array of numbers"),
    ],
)
def test_arrays_that_are_no_data(given, numbers, error, message):
    with pytest.raises(error, match=message):
        dataset_of("d", given, numbers)


def test_words_in_a_column_of_numbers_are_named_as_they_stand_there(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n2,no\n3,4\n4,5\n")
    with pytest.raises(UserError, match=r"of targets, the last' is not numeric .data row 2 holds 'no'"):
        load(str(tmp_path / "table.csv"), numbers=True)


def test_draws_keep_the_classes():
    found = draw_rows(load("digits"), 100)
    assert len(found.y) == 100
    assert np.bincount(found.y.astype(int)).min() >= 9
    assert len(draw_rows(load("diabetes"), 100).y) == 100
    assert draw_rows(found, 100) is found
