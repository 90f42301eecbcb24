/**
 * The durations of the calls of each function, as one worker has measured them, and the consequences.
 *
 * Claiming a call costs two microseconds; sending its outcome up to twenty, because that wakes the parent. If calls
 * take less than sending, outcomes are collected for a moment. If calls take less than claiming, several are claimed at
 * a time; if the worker is killed, those calls are lost together. Longer calls are claimed and sent one by one, and a
 * death costs one call. A function that may take long is excluded from both, because an idle worker can't take over
 * calls that were claimed behind a long one.
 */

import { min } from '../util/primordials.ts';

/** Milliseconds. */
const TINY = 0.005;
const QUICK = 0.025;
const LONG = 0.5;
/**
 * A long call adds this to the suspicion, each other call takes 1 off; beyond the limit the function is excluded. So
 * two long calls among a few hundred are needed: a single one may be the system's fault.
 */
const STRIKE = 400;
const LIMIT = 500;
const MOST = 1000;
/** The first calls include compilation, and are not counted. */
const WARM_UP = 8;

export const ANY = 0;
/** Most calls take microseconds: a worker may have many in hand, because stuck ones are taken over. */
export const SHORT = 1;
/** The calls take less than claiming them, and none takes long. */
export const INSTANT = 2;
export type DurationClass = typeof ANY | typeof SHORT | typeof INSTANT;

interface Record {
  mean: number;
  suspicion: number;
  calls: number;
}

export class CallDurations {
  readonly #records: (Record | undefined)[] = [];

  of(fn: number): DurationClass {
    const record = this.#records[fn];
    if (record === undefined || record.calls < WARM_UP || record.mean > QUICK) return ANY;
    return record.mean > TINY || record.suspicion > LIMIT ? SHORT : INSTANT;
  }

  /** Milliseconds for which outcomes of its calls may be collected before they are sent. */
  delay(fn: number): number {
    if ((this.#records[fn]?.suspicion ?? MOST) > LIMIT) return 0;
    const duration = this.of(fn);
    if (duration === ANY) return 0;
    return duration === SHORT ? 0.1 : 0.25;
  }

  /** A call of the function has taken `time` milliseconds. */
  note(fn: number, time: number): void {
    const record = (this.#records[fn] ??= { mean: 2 * QUICK, suspicion: 0, calls: 0 });
    if (record.calls++ < WARM_UP) return;
    if (time > LONG) record.suspicion = min(MOST, record.suspicion + STRIKE);
    else if (record.suspicion > 0) record.suspicion--;
    // The mean begins high, so that a function must prove to be quick. One long call has little weight in it; the
    // suspicion covers that case.
    record.mean += (min(time, QUICK * 2) - record.mean) / 16;
  }
}
