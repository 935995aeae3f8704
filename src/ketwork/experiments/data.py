"""Data sets: built-in names, image files of the usual archives, and tables of the user's, checked at the door."""

import csv
import difflib
import gzip
import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.archives import data_folder
from ketwork.checks import check_array
from ketwork.experiments.generators import GENERATORS, parse
from ketwork.experiments.task import UserError

SCIKIT = {"digits": "load_digits", "breast-cancer": "load_breast_cancer", "wine": "load_wine", "iris": "load_iris"}
IMAGES = {
    "mnist": (
        "mnist",
        "https://yann.lecun.com/exdb/mnist/",
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        },
    ),
    "fashion-mnist": (
        "fashion_mnist",
        "https://github.com/zalandoresearch/fashion-mnist",
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        },
    ),
}
NUMBERS = ("diabetes",)
BUILT_IN = (*SCIKIT, *NUMBERS, "moons", *IMAGES, *GENERATORS)


@dataclass(frozen=True)
class Dataset:
    """Features X (N, F), targets y (N,), names, where it came from, and the hash of its content.

    Targets are labels (text, where they were read from a file), or floats: numbers to be predicted.
    """

    name: str
    X: NDArray[np.float64]
    y: NDArray[Any]
    feature_names: tuple[str, ...]
    source: str

    @property
    def continuous(self) -> bool:
        """Whether the targets are numbers instead of classes."""
        return bool(self.y.dtype.kind == "f")

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(str(c) for c in np.unique(self.y))

    @property
    def sha256(self) -> str:
        text = hashlib.sha256(np.ascontiguousarray(self.X).tobytes())
        text.update("\n".join(map(str, self.y)).encode())
        return text.hexdigest()


def draw_rows(data: Dataset, samples: int, seed: int = 0) -> Dataset:
    """At most so many rows, in their order; those that stay are drawn, of every class its share where that can be.

    Raises: UserError for less than two rows a class.
    """
    if len(data.y) <= samples:
        return data
    from sklearn.model_selection import train_test_split

    classes = 0 if data.continuous else len(data.classes)
    if samples < 2 * classes:
        raise UserError(f"--samples {samples} is too few for {classes} classes; at least 2 a class are needed.")
    stratify = data.y if classes and len(data.y) - samples >= classes else None
    rows = np.arange(len(data.y))
    kept = np.sort(train_test_split(rows, train_size=samples, stratify=stratify, random_state=seed)[0])
    return replace(data, X=data.X[kept], y=data.y[kept])


def load(name: str, target: str | None = None, numbers: bool = False) -> Dataset:
    """A data set by built-in name, generator ("hyperplanes:features=10,planes=5") or path, checked.

    numbers: the target column of a file holds numbers to be predicted, not classes.
    Raises: UserError with one line that says what to do.
    """
    if name in SCIKIT or name == "moons":
        found = _from_scikit(name)
    elif name in NUMBERS:
        found = _diabetes()
    elif name.partition(":")[0] in GENERATORS:
        found = _generated(name)
    elif name in IMAGES:
        found = _from_images(name)
    elif Path(name).suffix.lower() in (".csv", ".tsv", ".parquet", ".pq") or Path(name).exists():
        found = from_table(Path(name), target)
        if numbers:
            found = replace(found, y=_numbers(found.name, target or "of targets, the last", found.y.tolist()))
    else:
        near = difflib.get_close_matches(name.partition(":")[0], BUILT_IN, n=2, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"There is no data set or file {name!r}.{hint} Built in are {', '.join(BUILT_IN)}.")
    if target is not None and found.source.startswith("built in"):
        raise UserError(f"--target is for files; {name} has its labels built in.")
    check(found)
    return found


def dataset_of(name: str, given: Any, numbers: bool | None = None) -> Dataset:
    """A data set from a Dataset, (X, y) or what `load` takes. numbers: whether targets are numbers; None to see.

    Raises: TypeError, ValueError for arrays that do not fit; UserError as `load`.
    """
    if isinstance(given, Dataset):
        return given
    if isinstance(given, str):
        return load(given, numbers=bool(numbers))
    if not isinstance(given, tuple) or len(given) != 2:
        raise TypeError(f"{name}: data must be a Dataset, (X, y) or a name, but is {type(given).__name__}.")
    X, y = check_array("X", given[0], 2, finite=False), np.asarray(given[1])
    if y.ndim != 1 or len(y) != len(X) or not X.size:
        raise ValueError(
            f"{name}: X (N, F) and y (N,) must have as many rows, but have shapes {X.shape} and {y.shape}."
        )
    if numbers is None:
        numbers = y.dtype.kind == "f" and not np.array_equal(y, np.round(y))
    if numbers:
        y = check_array("y", y, 1, finite=False)
    elif y.dtype.kind in "fO":
        y = y.astype(int) if y.dtype.kind == "f" and np.array_equal(y, np.round(y)) else y.astype(str)
    names = tuple(f"feature {k}" for k in range(X.shape[1]))
    return Dataset(name, X, y, names, "given as arrays")


def check(data: Dataset) -> None:
    """Refuse what cannot be learned from: one class, too few rows, values not finite, constant features only."""
    if data.continuous:
        _check_numbers(data)
    else:
        _check_classes(data)
    bad = np.argwhere(~np.isfinite(data.X))
    if len(bad):
        row, column = bad[0]
        raise UserError(
            f"{data.name}: column {data.feature_names[column]!r} holds {data.X[row, column]} in data row {row + 1} "
            f"({len(bad)} value{'s' if len(bad) > 1 else ''} like that in all). Drop or fill them first."
        )
    if len(constant_features(data)) == len(data.feature_names):
        raise UserError(f"{data.name}: every feature is constant, so there is nothing to learn from.")


def _check_numbers(data: Dataset) -> None:
    bad = np.flatnonzero(~np.isfinite(data.y))
    if len(bad):
        raise UserError(f"{data.name}: the target is {data.y[bad[0]]} in data row {bad[0] + 1}. Drop such rows first.")
    if len(data.y) < 4 or np.ptp(data.y) == 0:
        raise UserError(f"{data.name}: the target must vary over at least 4 rows, so there is nothing to learn from.")


def _check_classes(data: Dataset) -> None:
    classes, counts = np.unique(data.y, return_counts=True)
    if len(classes) < 2:
        raise UserError(
            f"{data.name}: all {len(data.y)} rows have the class {str(classes[0])!r}; at least 2 are needed."
        )
    if len(data.y) < 2 * len(classes):
        raise UserError(
            f"{data.name}: {len(data.y)} rows are too few for {len(classes)} classes; at least 2 a class are needed. "
            "Is the target column really a class? Numbers are for `ketwork compare` with --scoring r2."
        )
    if counts.min() < 2:
        raise UserError(
            f"{data.name}: class {str(classes[counts.argmin()])!r} has 1 row; at least 2 a class are needed."
        )


def constant_features(data: Dataset) -> list[str]:
    """The names of features that never change."""
    return [n for n, c in zip(data.feature_names, np.ptp(data.X, axis=0), strict=True) if c == 0]


def _from_scikit(name: str) -> Dataset:
    from sklearn import datasets

    if name == "moons":
        X, y = datasets.make_moons(400, noise=0.2, random_state=0)
        return Dataset(name, X, y.astype(str), ("x", "y"), "built in: scikit-learn make_moons(400, noise=0.2, seed 0)")
    bunch = getattr(datasets, SCIKIT[name])()
    labels = bunch.target.astype(str) if name == "digits" else np.asarray(bunch.target_names)[bunch.target]
    names = tuple(map(str, bunch.feature_names))
    return Dataset(name, np.asarray(bunch.data, float), labels.astype(str), names, f"built in: scikit-learn {name}")


def _diabetes() -> Dataset:
    from sklearn.datasets import load_diabetes

    found = load_diabetes()
    names = tuple(map(str, found.feature_names))
    return Dataset("diabetes", np.asarray(found.data, float), found.target, names, "built in: scikit-learn diabetes")


def _generated(text: str) -> Dataset:
    """A generator's name, with its options after a colon: bars-and-stripes:height=4,noise=0.5."""
    try:
        name, options = parse(text)
        X, y = GENERATORS[name](**options)
    except (ValueError, TypeError) as error:
        raise UserError(f"{text}: {error}") from None
    names = tuple(f"feature {k}" for k in range(X.shape[1]))
    return Dataset(text, X, y.astype(str), names, f"built in: {name} of Bowles, Ahmed and Schuld, arXiv:2403.07059")


def original(name: str, file: str, sha256: str, origin: str) -> bytes:
    """The content of a file of the data folder, which must be what it was. name: of the data set that needs it.

    Raises: UserError that says where to get it.
    """
    path = data_folder() / file
    if not path.is_file():
        raise UserError(
            f"{name} needs {path}, which is not there. Get it from {origin}, or set KETWORK_DATA to the folder "
            f"that holds {file.partition('/')[0]}/."
        )
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise UserError(f"{path} is not the original file (its SHA-256 differs). Get it anew from {origin}.")
    return raw


def _from_images(name: str) -> Dataset:
    folder, origin, hashes = IMAGES[name]
    arrays = []
    for file, expected in hashes.items():
        content = gzip.decompress(original(name, f"{folder}/{file}", expected, origin))
        arrays.append(np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]))
    labels = arrays[1].astype(str)
    images = arrays[0].reshape(len(labels), -1).astype(np.float64) / 255
    side = int(np.sqrt(images.shape[1]))
    names = tuple(f"pixel {k // side},{k % side}" for k in range(images.shape[1]))
    return Dataset(name, images, labels, names, f"built in: {origin}")


def from_table(path: Path, target: str | None, needed: list[str] | None = None) -> Dataset:
    """A CSV, TSV or Parquet file with one row a sample; the target is `target`, or the last column.

    With `needed`, only those feature columns are read, and no target.
    """
    if not path.is_file():
        raise UserError(f"There is no file {str(path)!r}.")
    if path.stat().st_size == 0:
        raise UserError(f"{path.name} is empty.")
    columns = _read_parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _read_csv(path)
    if needed is not None:
        missing = [name for name in needed if name not in columns]
        if missing:
            raise UserError(
                f"{path.name} lacks {len(missing)} of {len(needed)} feature columns that the model was trained on: "
                f"{', '.join(missing[:5])}."
            )
        features = np.column_stack([_numbers(path.name, name, columns[name]) for name in needed])
        return Dataset(path.name, features, np.zeros(len(features), str), tuple(needed), f"file {path.name}")
    if target is None:
        target = list(columns)[-1]
    if target not in columns:
        near = difflib.get_close_matches(target, columns, n=2, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        shown = ", ".join(list(columns)[:12]) + (", ..." if len(columns) > 12 else "")
        raise UserError(f"{path.name} has no column {target!r}.{hint} It has {shown}.")
    labels = np.array([str(v) for v in columns.pop(target)])
    if not columns:
        raise UserError(f"{path.name} has only the target column {target!r}; features are needed beside it.")
    if any(label in ("", "nan", "None") for label in labels):
        raise UserError(f"{path.name}: the target column {target!r} has empty cells. Drop those rows first.")
    features = np.column_stack([_numbers(path.name, name, values) for name, values in columns.items()])
    return Dataset(path.name, features, labels, tuple(columns), f"file {path.name}")


def _read_csv(path: Path) -> dict[str, list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path.name} is not text in UTF-8; save it as CSV in UTF-8.") from None
    if len([line for line in text.split("\n") if line.strip()]) < 2:
        raise UserError(f"{path.name} has no data rows: the first line must name the columns, the rest are samples.")
    try:
        dialect: Any = csv.Sniffer().sniff("\n".join(text.split("\n")[:20]), delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text, newline=""), dialect)
    numbered = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    header = [name.strip() for name in numbered.pop(0)[1]]
    if len(set(header)) < len(header):
        raise UserError(f"{path.name} names a column twice in its first line: {', '.join(header)}.")
    for number, row in numbered:
        if len(row) != len(header):
            raise UserError(f"{path.name}, line {number}: {len(row)} cells, but the first line names {len(header)}.")
    return {name: [row[k].strip() for _, row in numbered] for k, name in enumerate(header)}


def _read_parquet(path: Path) -> dict[str, list[Any]]:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise UserError("Parquet files need the extra `parquet`: pip install 'ketwork[parquet]'.") from None
    try:
        table = parquet.read_table(path)
    except Exception as error:
        raise UserError(f"{path.name} cannot be read as Parquet: {error}.") from None
    return {name: table.column(name).to_pylist() for name in table.column_names}


def _numbers(file: str, name: str, values: list[Any]) -> NDArray[np.float64]:
    result = np.empty(len(values))
    for row, value in enumerate(values):
        try:
            result[row] = np.nan if value is None or value == "" else float(value)
        except (TypeError, ValueError):
            raise UserError(
                f"{file}: column {name!r} is not numeric (data row {row + 1} holds {value!r}). Encode it as numbers, "
                "for example one column of 0 and 1 for each value, or leave it out."
            ) from None
    return result
