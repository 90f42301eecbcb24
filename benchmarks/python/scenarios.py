"""The scenarios of ../scenarios/, with the same numbers of calls: a change there is one here."""

import os
from math import ceil, floor
from statistics import median
from time import perf_counter, sleep

import work
from started import (
    IMPORT_TIME,
    ProcessPoolExecutor,
    cpu_time,
    memory_of,
    started_pool,
    worker_pids,
)

PERSON = {
    "id": 4711,
    "name": "Ada Lovelace",
    "tags": ["mathematics", "engines", "poetry"],
    "active": True,
    "score": 98.6,
    "nested": {"city": "London", "zip": "W1J 7NF", "visits": 12},
}


def burst(options):
    return bursts(options, work.noop)


def echo(options):
    return bursts(options, work.echo, PERSON)


def bursts(options, fn, *args):
    patience = options["patience"] / 1000
    with started_pool(options["workers"]) as pool:
        began, rate, calls = perf_counter(), 0, 500
        while calls <= 8000 and perf_counter() - began <= patience:
            rate = one_burst(pool, calls, fn, args)
            calls *= 2
        calls = min(20_000, ceil(rate * patience))
        began, rates = perf_counter(), []
        while not rates or (len(rates) < 15 and perf_counter() - began < patience):
            rates.append(one_burst(pool, calls, fn, args))
        return {"rate": median(rates)}


def one_burst(pool, calls, fn, args):
    before = perf_counter()
    for future in [pool.submit(fn, *args) for _ in range(calls)]:
        future.result()
    return calls / (perf_counter() - before)


def hot(options):
    with started_pool(options["workers"]) as pool:
        for _ in range(5000):
            pool.submit(work.noop).result()
        times = []
        began = before = perf_counter()
        while len(times) < 20_000 and before - began < 0.7:
            pool.submit(work.noop).result()
            after = perf_counter()
            times.append((after - before) * 1e6)
            before = after
        return {"p50": quantile(times, 0.5), "p99": quantile(times, 0.99)}


def large_bytes(options):
    calls, value = 12, bytes([1]) * (16 << 20)
    with started_pool(options["workers"]) as pool:
        for _ in range(3):
            pool.submit(work.echo, value).result()
        before = perf_counter()
        for _ in range(calls):
            result = pool.submit(work.echo, value).result()
        each = (perf_counter() - before) * 1000 / calls
        if result != value:
            raise RuntimeError("The bytes came back changed.")
        return {"each": each}


def mixed_burst(options):
    long_tasks, long, short_tasks, short = 8, 200_000, 2000, 10
    group = short_tasks // long_tasks + 1
    with started_pool(options["workers"]) as pool:
        for _ in range(1000):
            pool.submit(work.spin, 1).result()
        times = []
        began = perf_counter()
        pending = []
        for i in range(long_tasks * group):
            if i % group == group // 2:
                pending.append(pool.submit(work.spin, long))
            else:
                before = perf_counter()
                future = pool.submit(work.spin, short)
                future.add_done_callback(
                    lambda _, before=before: times.append((perf_counter() - before) * 1000)
                )
                pending.append(future)
        for future in pending:
            future.result()
        taken = (perf_counter() - began) * 1000
        ideal = (long_tasks * long + short_tasks * short) / 1000 / options["workers"]
    return {
        "ratio": taken / ideal,
        "p99": quantile(times, 0.99),
        "p50": quantile(times, 0.5),
    }


def start(options):
    before = perf_counter()
    pool = ProcessPoolExecutor(max_workers=options["workers"])
    pool.submit(work.noop).result()
    first = (perf_counter() - before) * 1000
    pool.shutdown()
    return {"first": first, "cold": first + IMPORT_TIME}


def idle(options):
    rest = 3
    with started_pool(options["workers"]) as pool:
        for _ in range(100):
            pool.submit(work.noop).result()
        sleep(0.5)
        pids = worker_pids()

        def sample():
            return cpu_time(os.getpid()), sum(map(cpu_time, pids))

        before = sample()
        sleep(rest)
        after = sample()
        caller, workers = [(b - a) / (rest * 1000) * 100 for a, b in zip(before, after)]
        return {"caller": caller, "workers": workers}


def memory(options):
    with started_pool(options["workers"]):
        sleep(0.2)
        resident, own = zip(*map(memory_of, worker_pids()))
        return {"resident": median(resident), "own": median(own)}


def quantile(values, q):
    """Linear between the two nearest values."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * q
    below = floor(at)
    return ordered[below] + (ordered[ceil(at)] - ordered[below]) * (at - below)


measures = {
    "burst": burst,
    "hot": hot,
    "echo": echo,
    "large-bytes": large_bytes,
    "mixed-burst": mixed_burst,
    "start": start,
    "idle-processes": idle,
    "memory-processes": memory,
}
