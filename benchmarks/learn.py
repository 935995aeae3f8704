"""How fast is learning? An epoch of MNIST through a quanvolution, a wide layer, a Gram matrix; peers in one process.

    python benchmarks/learn.py [--quick] [--json FILE] [--readme]

Quanvolution: 60,000 images, every 2 x 2 patch in a circuit of 4 qubits (196 an image, 11.8 million an epoch), Z of each
qubit, a dense head of 7,850 weights, Adam, batches of 128. "Trainable" counts the whole first epoch, gradients of the
filter's weights and of the head included, from images to updated weights; "fixed" reads all images once and then trains
the head alone. Goal: under 60 s. PennyLane: TorchLayer on default.qubit with backprop, the same network and the same
patches all at once, as fast as it is; it is measured on a few batches, checked for the same loss and gradients, and
scaled to the epoch. Torch itself has one thread, since circuits use all cores and two pools of threads get into each
other's way on a busy machine; PennyLane, which is torch through and through, has one or all, whichever is faster. The
accuracy is that on the 10,000 test images after the one epoch, beside those of a classical
convolution of the same shape and of the head on bare pixels. When quick, 12,000 images, scaled to 60,000.

Wide layer: QuantumLinear(784, 10) on 64 samples, 196 circuits of 4 qubits each, forward and backward; no peer has one.

Gram matrix: fidelities of 2,000 samples, ZZ feature map on 10 qubits, single precision; states once. Peers run a
circuit a pair (the map, then the inverse of the map), as kernels on devices do, and are scaled from a few pairs to all
1,999,000; "states once" is PennyLane with the broadcast states of all samples, the way Ketwork does it.
"""

import gzip
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ketwork import Simulator
from ketwork.archives import data_folder
from ketwork.models.encodings import zz_feature_map
from rows import Rows, installed, script, seconds

IMAGES, BATCH, PATCHES = 60_000, 128, 196
GOAL = 60.0
SAMPLES, QUBITS = 2000, 10


def mnist(kind: str, count: int | None = None) -> tuple[Any, Any]:
    """Images (B, 1, 28, 28) in [0, 1] and labels (B,), kind "train" or "t10k"."""
    import torch

    arrays = []
    for name, head in ((f"{kind}-images-idx3-ubyte.gz", 16), (f"{kind}-labels-idx1-ubyte.gz", 8)):
        with gzip.open(data_folder() / "mnist" / name) as file:
            arrays.append(np.frombuffer(file.read(), np.uint8, offset=head))
    images = torch.from_numpy(arrays[0].reshape(-1, 1, 28, 28)[:count].astype(np.float32) / 255)
    return images, torch.from_numpy(arrays[1][:count].astype(np.int64))


def network(first: Any) -> Any:
    """The layers before the dense head, which has 784 inputs."""
    import torch

    torch.manual_seed(1)
    return torch.nn.Sequential(first, torch.nn.Flatten(), torch.nn.Linear(784, 10))


def epoch(model: Any, images: Any, labels: Any) -> float:
    """The seconds of one epoch of training, in an order of its own."""
    import torch

    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 0.005)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    started = time.perf_counter()
    for part in order.split(BATCH):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
        optimizer.step()
    return time.perf_counter() - started


def accuracy(model: Any, images: Any, labels: Any) -> float:
    """The share of images that are told right."""
    import torch

    with torch.no_grad():
        right = [(model(a).argmax(1) == b).sum() for a, b in zip(images.split(1000), labels.split(1000), strict=True)]
    return float(sum(right)) / len(labels)


def pennylane_filter(weights: Any) -> Any:
    """The same quanvolution as a PennyLane TorchLayer behind torch's own unfolding."""
    import pennylane as qml
    import torch

    n = 4
    device = qml.device("default.qubit", wires=n)

    @qml.qnode(device, interface="torch", diff_method="backprop")
    def node(inputs: Any, weights: Any) -> Any:
        for q in range(n):
            qml.RY(np.pi * inputs[..., q], wires=q)
        k = 0
        for q in range(n):
            for gate in (qml.RZ, qml.RY, qml.RZ):
                gate(weights[k], wires=q)
                k += 1
        for q in range(n):
            qml.CNOT(wires=[q, (q + 1) % n])
        return [qml.expval(qml.PauliZ(q)) for q in range(n)]

    class Filter(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = qml.qnn.TorchLayer(node, {"weights": (12,)}, init_method={"weights": weights.clone()})

        def forward(self, images: Any) -> Any:
            patches = torch.nn.functional.unfold(images, 2, stride=2).transpose(1, 2)
            values = self.layer(patches.reshape(-1, 4)).reshape(len(images), PATCHES, 4)
            return values.transpose(1, 2).reshape(len(images), 4, 14, 14).to(images.dtype)

    return Filter()


def quanvolution_check(ours: Any, theirs: Any, images: Any, labels: Any) -> None:
    """Stop when loss or gradients of the two networks differ: then the comparison would mean nothing."""
    import torch

    found = []
    for model in (ours, theirs):
        model.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        found.append([loss.detach().reshape(1), *(p.grad.ravel() for p in model.parameters())])
    gap = max(float((a - b).abs().max()) for a, b in zip(*found, strict=True))
    if gap > 1e-4:
        raise SystemExit(f"PennyLane: its loss or gradient differs from Ketwork's by {gap:.2g}")


def pennylane_epoch(bench: Rows, ours: Any, start: Any, images: Any, labels: Any) -> tuple[dict[str, float], ...]:
    """Seconds of an epoch, trained and only read, from a few batches; checked against our network first."""
    import torch

    if not installed("pennylane"):
        return {}, {}
    theirs, part = network(pennylane_filter(start[0])), slice(BATCH if bench.quick else 4 * BATCH)
    quanvolution_check(ours, theirs, images[:16], labels[:16])
    trained, read = [], []
    for threads in (1, os.cpu_count() or 1):
        torch.set_num_threads(threads)
        epoch(theirs, images[:BATCH], labels[:BATCH])  # once cold
        trained.append(epoch(theirs, images[part], labels[part]) / part.stop)
        with torch.no_grad():
            read.append(seconds(lambda: theirs(images[:BATCH]), bench.budget / 2) / BATCH)
    torch.set_num_threads(1)
    return {"PennyLane+torch": min(trained) * IMAGES}, {"PennyLane+torch": min(read) * IMAGES}


def add_quanvolution(bench: Rows) -> None:
    """The rows of the trainable and of the fixed filter."""
    import torch

    from ketwork.models.torch_layers import QuantumConv2d

    torch.set_num_threads(1)
    count = 12_000 if bench.quick else IMAGES
    images, labels = mnist("train", count)
    unseen, answers = mnist("t10k")
    scale = IMAGES / count
    torch.manual_seed(0)
    layer = QuantumConv2d(kernel_size=2, stride=2)
    start = layer.weights.detach().clone()
    model = network(layer)
    others, forward = pennylane_epoch(bench, model, start, images, labels)
    epoch(model, images[:BATCH], labels[:BATCH])
    with torch.no_grad():
        layer.weights.copy_(start)
    model = network(layer)
    ours = epoch(model, images, labels) * scale
    bench.row("epoch, trainable quanvolution, 11.8 M circuits", "s", ours, others)
    reached = "reached" if ours < GOAL else "MISSED"
    print(
        f"    goal under {GOAL:.0f} s: {reached}; {ours / IMAGES / PATCHES * 1e9:.0f} ns a circuit, gradient included"
    )
    scores = {"trainable quanvolution": accuracy(model, unseen, answers)}

    fixed = QuantumConv2d(kernel_size=2, stride=2, trainable=False, init=start)
    started = time.perf_counter()
    features = fixed.precompute(images)
    read = (time.perf_counter() - started) * scale
    head = network(torch.nn.Identity())
    trained = epoch(head, features, labels) * scale
    peers = {name: value + trained for name, value in forward.items()}
    bench.row("epoch, fixed quanvolution, read once", "s", read + trained, peers)
    print(f"    reading {read:.3g} s, head {trained:.3g} s: every further epoch takes the head's time alone")
    scores["fixed quanvolution"] = accuracy(torch.nn.Sequential(fixed, head), unseen, answers)
    classical = network(torch.nn.Sequential(torch.nn.Conv2d(1, 4, 2, 2), torch.nn.Tanh()))
    spent = epoch(classical, images, labels) * scale
    scores["classical convolution"] = accuracy(classical, unseen, answers)
    bare = network(torch.nn.Identity())
    epoch(bare, images, labels)
    scores["head on pixels"] = accuracy(bare, unseen, answers)
    shown = ", ".join(f"{name} {score:.4f}" for name, score in scores.items())
    print(f"    test accuracy after an epoch of {count:,} images: {shown}; the classical one takes {spent:.3g} s")


def add_wide_layer(bench: Rows) -> None:
    """The row of QuantumLinear."""
    import torch

    from ketwork.models.torch_layers import QuantumLinear

    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer, features = QuantumLinear(784, 10), torch.randn(64, 784)
    bench.row(
        "QuantumLinear 784 to 10, 64 samples",
        "s",
        seconds(lambda: layer(features).square().sum().backward(), bench.budget),
        {},
    )


def pennylane_map(n: int) -> Callable[[Any], None]:
    """The ZZ feature map of `zz_feature_map(n)`, as PennyLane's gates."""
    import pennylane as qml

    def gates(x: Any) -> None:
        for _ in range(2):
            for q in range(n):
                qml.Hadamard(wires=q)
            for q in range(n):
                qml.RZ(-2 * x[..., q], wires=q)
            for a in range(n):
                for b in range(a + 1, n):
                    qml.IsingZZ(-2 * (np.pi - x[..., a]) * (np.pi - x[..., b]), wires=[a, b])

    return gates


def gram_peers(X: np.ndarray, wanted: np.ndarray, bench: Rows) -> dict[str, float]:
    """Seconds for the whole matrix, from a few pairs (or from all states), checked against ours."""
    others, pairs = {}, len(X) * (len(X) - 1) // 2
    tried = [(k, k + 7) for k in range(4 if bench.quick else 12)]

    def by_pairs(one: Callable[[np.ndarray, np.ndarray], float]) -> float:
        one(X[0], X[1])
        started = time.perf_counter()
        found = [one(X[i], X[j]) for i, j in tried]
        spent = time.perf_counter() - started
        _same(found, [wanted[i, j] for i, j in tried])
        return spent / len(tried) * pairs

    if installed("pennylane"):
        import pennylane as qml

        gates, device = pennylane_map(QUBITS), qml.device("default.qubit", wires=QUBITS)

        @qml.qnode(device)
        def pair(a: Any, b: Any) -> Any:
            gates(b)
            qml.adjoint(gates)(a)
            return qml.probs(wires=range(QUBITS))

        @qml.qnode(device)
        def states(a: Any) -> Any:
            gates(a)
            return qml.state()

        others["PennyLane pairs"] = by_pairs(lambda a, b: float(pair(a, b)[0]))
        part = X[: 200 if bench.quick else 1000]
        started = time.perf_counter()
        psi = np.asarray(states(part))
        spent = (time.perf_counter() - started) * len(X) / len(part)
        started = time.perf_counter()
        gram = np.abs(psi.conj() @ psi.T) ** 2
        spent += (time.perf_counter() - started) * (len(X) / len(part)) ** 2
        _same(gram, wanted[: len(part), : len(part)])
        others["PennyLane states once"] = spent
    if installed("qiskit"):
        from qiskit.quantum_info import Statevector

        def qiskit_pair(a: np.ndarray, b: np.ndarray) -> float:
            there = qiskit_map(b).compose(qiskit_map(a).inverse())
            return float(abs(Statevector(there).data[0]) ** 2)

        others["Qiskit pairs"] = by_pairs(qiskit_pair)
    return others


def qiskit_map(x: np.ndarray) -> Any:
    """The same feature map as a Qiskit circuit; qubits in whatever order, fidelities do not care."""
    from qiskit import QuantumCircuit

    circuit, n = QuantumCircuit(len(x)), len(x)
    for _ in range(2):
        circuit.h(range(n))
        for q in range(n):
            circuit.rz(-2 * x[q], q)
        for a in range(n):
            for b in range(a + 1, n):
                circuit.rzz(-2 * (np.pi - x[a]) * (np.pi - x[b]), a, b)
    return circuit


def _same(found: Any, wanted: Any) -> None:
    gap = float(np.abs(np.asarray(found) - np.asarray(wanted)).max())
    if gap > 1e-4:
        raise SystemExit(f"a peer's fidelities differ from Ketwork's by {gap:.2g}")


def add_gram(bench: Rows) -> None:
    """The row of the Gram matrix."""
    X = np.random.default_rng(0).uniform(0, 2 * np.pi, (SAMPLES, QUBITS))
    circuit, simulator = zz_feature_map(QUBITS), Simulator("single")
    wanted = simulator.overlap(circuit, X)
    ours = seconds(lambda: simulator.overlap(circuit, X), bench.budget)
    bench.row(f"Gram matrix {SAMPLES} x {SAMPLES}, {QUBITS} qubits", "s", ours, gram_peers(X, wanted, bench))


def run(quick: bool) -> Rows:
    """All cases."""
    bench = Rows(quick)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if installed("torch"):
        add_quanvolution(bench)
        add_wide_layer(bench)
    else:
        print("the layers need the extra `torch`: left out")
    add_gram(bench)
    missing = [name for name in ("pennylane", "qiskit") if not installed(name)]
    if missing:
        print(f"not installed and left out: {', '.join(missing)}")
    return bench


if __name__ == "__main__":
    script(run, __doc__, "learning")
