"""What all tests share: where the data lies, and the rule that CI fails where a workstation skips."""

import os
import signal
from pathlib import Path

import pytest


def need(condition: bool, what: str) -> None:
    """Skip without `what` on a workstation; under CI fail."""
    if not condition:
        if os.environ.get("CI"):
            pytest.fail(f"{what} is missing, which CI needs")
        pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of public data sets: $KETWORK_DATA, or shared/data beside the project."""
    folder = Path(os.environ.get("KETWORK_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    need(folder.is_dir(), f"the data folder {folder}")
    return folder


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels before any test, so that none is timed or listened to while they do."""
    from ketwork.engine.warm import GROUPS, ensure_compiled

    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells have it for what they run in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for group in GROUPS:
        ensure_compiled(group)
