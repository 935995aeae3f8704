"""`ketwork run`: a system of the atlas from its name to a folder with a report."""

import difflib
import time
from pathlib import Path

from ketwork.atlas import ENTRIES
from ketwork.checks import check_int
from ketwork.experiments.ledger import digest, open_ledger
from ketwork.experiments.task import UserError
from ketwork.report.run_page import Ran, publish_run


def listed() -> list[str]:
    """What `ketwork run --list` prints: a line a system."""
    width = max(map(len, ENTRIES))
    return [f"{entry.name.ljust(width)}  {entry.sentence} ({entry.paper})" for entry in ENTRIES.values()]


def launch(name: str, seed: int = 0, out: Path | None = None, quick: bool = False, resume: bool = False) -> Ran:
    """Run a system in its folder and write its report. Raises: UserError for what the user can mend."""
    from ketwork.engine.warm import ensure_compiled

    if name not in ENTRIES:
        near = difflib.get_close_matches(name, ENTRIES, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UserError(f"There is no system {name!r}.{hint} `ketwork run --list` names what there is.")
    try:
        check_int("seed", seed, 0, 2**31 - 1)
    except (ValueError, TypeError) as error:
        raise UserError(str(error)) from None
    config = {"name": name, "seed": seed, "quick": quick}
    words = ["ketwork", "run", name, *(["--seed", str(seed)] if seed else []), *(["--quick"] if quick else [])]
    folder = out if out is not None else Path("runs") / f"{name}-{digest(config)[:8]}"
    started = time.perf_counter()
    with open_ledger(folder, config, resume) as ledger:
        ensure_compiled(say=ledger.note)
        try:
            finding = ENTRIES[name].function(ledger, seed, quick)
        except ImportError as error:
            if "pip install" in str(error):  # an extra is missing
                raise UserError(str(error)) from None
            raise
        except FileNotFoundError as error:  # the data are elsewhere
            raise UserError(str(error)) from None
    head = {
        "id": digest(config),
        "command": " ".join(words),
        "config": config,
        "paper_source": ENTRIES[name].paper,
        "seconds": time.perf_counter() - started,
    }
    return publish_run(finding, folder, head, list(ledger.rows.values()))
