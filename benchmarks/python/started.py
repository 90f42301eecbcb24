"""The pool that everything here is measured with, and what the kernel knows of its processes."""

import re
import tempfile
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from time import perf_counter

_before = perf_counter()
from concurrent.futures import ProcessPoolExecutor  # noqa: E402

IMPORT_TIME = (perf_counter() - _before) * 1000

import work  # noqa: E402


@contextmanager
def started_pool(workers):
    """A pool with all of its workers started: every one of them has taken a call."""
    with ProcessPoolExecutor(max_workers=workers) as pool:
        with tempfile.TemporaryDirectory() as folder:
            for future in [pool.submit(work.gather, folder, workers) for _ in range(workers)]:
                future.result()
        yield pool


def worker_pids():
    return [process.pid for process in active_children()]


def cpu_time(pid):
    """Milliseconds of CPU time of all threads that the process has."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in files) / 1e6


def memory_of(pid):
    """MiB that are resident, and those of them that no other process has as well."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()

    def size(name):
        return int(re.search(rf"^{name}: +(\d+) kB", rollup, re.MULTILINE)[1]) / 1024

    return size("Rss"), size("Private_Clean") + size("Private_Dirty")
