"""The tasks of workers/work.mjs."""

import os
from pathlib import Path
from time import perf_counter, sleep


def noop():
    pass


def echo(value):
    return value


def spin(microseconds):
    until = perf_counter() + microseconds / 1e6
    while perf_counter() < until:
        pass


def gather(folder, workers):
    """Returns once as many workers are in here at the same time; each leaves a file in the folder."""
    Path(folder, str(os.getpid())).touch()
    until = perf_counter() + 5
    while (here := len(os.listdir(folder))) < workers:
        if perf_counter() > until:
            raise RuntimeError(f"Only {here} of {workers} workers took a call.")
        sleep(0.001)
