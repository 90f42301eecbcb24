/**
 * How long the calls of each function take, as one worker has seen it, and what follows from it.
 *
 * Claiming a call costs two microseconds, sending its outcome off up to twenty, because it wakes the
 * parent. Where calls take less, outcomes are collected for a moment, and where they take least, several
 * are claimed at a time: should the worker be killed, those calls are lost together. Where calls take
 * longer all is done for each, and a death costs one call. A function that may take long is not trusted,
 * because what was claimed behind a long call can't be taken over by an idle worker.
 */

import { min } from '../util/primordials.ts';

/** Milliseconds. */
const TINY = 0.005;
const QUICK = 0.025;
const LONG = 0.5;
/**
 * What a long call adds to the suspicion, each other takes 1 off; beyond the limit the function is not
 * trusted. So two long ones among a few hundred are needed: a single one may have been the system that
 * took its time.
 */
const STRIKE = 400;
const LIMIT = 500;
const MOST = 1000;
/** The first calls tell how long compiling takes. */
const WARM_UP = 8;

export const ANY = 0;
/** Most take microseconds: a worker may have many in its hands, since what gets stuck is taken over. */
export const SHORT = 1;
/** They take less than claiming them, and none of them long. */
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

  /** A call of it has taken `time` milliseconds. */
  note(fn: number, time: number): void {
    const record = (this.#records[fn] ??= { mean: 2 * QUICK, suspicion: 0, calls: 0 });
    if (record.calls++ < WARM_UP) return;
    if (time > LONG) record.suspicion = min(MOST, record.suspicion + STRIKE);
    else if (record.suspicion > 0) record.suspicion--;
    // Begins high, so that a function has to show that it is quick. One long call says little about the others; the suspicion takes care of it.
    record.mean += (min(time, QUICK * 2) - record.mean) / 16;
  }
}
