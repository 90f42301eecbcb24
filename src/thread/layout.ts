/**
 * The shared memory of one pool of threads. Only this file defines locations in it.
 *
 *     bytes 0 …          control words, each on a cache line of its own
 *     workerWords          one cache line of words per worker, by its index in the pool
 *     queue              ring of Int32 entries: slots to be claimed, in order of submission
 *     completion rings   per worker: ring of Int32 entries that tell the parent about slots
 *     shapes             one region for the parent, one per worker (see codec/shapes.ts)
 *     slots              256 bytes each: 7 words, then 228 bytes for small payloads
 *     byte rings         one for arguments, one per worker for results
 *
 * The whole is one SharedArrayBuffer, so that a thread needs one set of views for everything. Its size is address
 * space; the system provides a page when it is first touched.
 *
 * The writers of each word, and the reasons why that is safe: docs/design/transport.md.
 */
import { SHAPE_REGION_BYTES } from '../codec/shapes.ts';
import { ceil, max, min } from '../util/primordials.ts';

/** Words per cache line: two words that different threads write are never in the same line. */
const LINE = 16;

/** Control words, as Int32 indices. */
export const Word = {
  /** Next queue entry to be claimed. Only grows (mod 2^32). Workers move it, by compare-and-exchange. */
  Head: 0,
  /** Next queue entry to be written. Only grows. The parent alone moves it. */
  Tail: LINE,
  /** 1: the parent is asleep or about to be, and must be notified on this word. */
  ParentArmed: 2 * LINE,
  /** 16 words: a bit per worker, set while its worker is parked. Clearing a bit is the right to wake that worker. */
  Parked: 3 * LINE,
  /** 1: a parked worker has been woken and has not looked at the queue yet. */
  Waking: 4 * LINE,
  /** The index, plus one, of the idle worker that watches the queue without sleeping; 0 for none. */
  Watcher: 5 * LINE,
  /** 1: the parent has calls in its backlog, and must be woken when the queue runs dry. */
  Backlog: 6 * LINE,
} as const;

const WORKER_WORDS = 7 * LINE;

/** Words of one worker, relative to its line. */
export const WorkerWord = {
  /** See `RunState`. */
  Run: 0,
  /** Next completion entry to be written. Only grows. The worker alone moves it. */
  Completed: 1,
  /** Counts messages to this worker that it may be blocked for. */
  Mail: 3,
  /** A `Departure`: the worker's own announcement of its end; the exit code belongs to it. */
  Departing: 2,
  ExitCode: 4,
  /** The system's number of the thread, or 0 if it can't be read. */
  ThreadId: 5,
} as const;

export const Departure = {
  None: 0,
  /** Its exit hook has run. */
  Exiting: 1,
  /** It has run all the calls that it may. */
  Retired: 2,
} as const;

/** Slot words, relative to the slot. */
export const SlotWord = {
  /** Packed: see slot-state.ts. */
  State: 0,
  /** Number of the function, or-ed with CHUNK and CAPTURED. */
  Function: 1,
  /** A `Location`: where the arguments are. */
  ArgumentsLocation: 2,
  /** For `Location.Ring`: byte offset of the block in memory. */
  ArgsOffset: 3,
  /** Likewise: the number of that block. Read by the parent alone. */
  ArgsBlock: 6,
  /** A `Location`, or-ed with FAILED: where the outcome is, and of which kind. */
  OutcomeLocation: 4,
  OutcomeOffset: 5,
} as const;

/** Set in `SlotWord.Function`: the arguments are the tuples of a chunk. */
export const CHUNK = 1 << 30;
/** Set in `SlotWord.Function`: the output of the task goes to its caller. */
export const CAPTURED = 1 << 29;
/** Set in `SlotWord.OutcomeLocation`: the outcome is an error envelope. */
export const FAILED_OUTCOME = 1 << 8;

/** The location of a value. */
export const Location = {
  /** No arguments at all, or a result of `undefined`. */
  None: 0,
  /** In the slot. */
  Slot: 1,
  /** In a byte ring. */
  Ring: 2,
  /** Sent as a message: arguments before the call can be claimed, an outcome before its notice. */
  Message: 3,
  /** Arguments only: kept by the parent, which sends them as a message when the worker requests them. */
  Kept: 4,
  /** Arguments only: in a byte ring, as a clone (codec/clone.ts). */
  Clone: 5,
} as const;

/** Entries of a completion ring: a slot, and the action that the parent must take. */
export const Notice = {
  /** The outcome of the call is there. */
  Done: 0,
  /** The worker has claimed the call and needs its arguments as a message. */
  SendArguments: 1 << 28,
} as const;
export const NOTICE_SLOT: number = (1 << 28) - 1;

export const SLOTS: number = 1 << 15;
const SLOT_BYTES = 256;
const SLOT_WORDS: number = SLOT_BYTES / 4;
const SLOT_HEADER_BYTES = 28;
/** Twice the slots: entries of cancelled calls stay in the queue until a worker skips them. */
export const QUEUE_ENTRIES: number = 2 * SLOTS;
/** At most two notices of a slot are under way: for arguments, and for the outcome. */
export const COMPLETION_ENTRIES: number = 2 * SLOTS;

const ARGUMENT_RING_BYTES = 8 << 20;
/** All result rings together have this size, within bounds for each. */
const RESULT_RINGS_BYTES = 64 << 20;

/** An owner has 9 bits in a slot's state word. */
export const MAX_WORKERS = 511;

export interface Layout {
  readonly bytes: number;
  readonly queue: number;
  readonly completions: (index: number) => number;
  readonly workerWords: (index: number) => number;
  /** Byte offset of a shape region; the parent's is that of index -1. */
  readonly shapes: (index: number) => number;
  /** First word of a slot. */
  readonly slotWords: (slot: number) => number;
  readonly argumentRing: { readonly start: number; readonly bytes: number };
  readonly resultRing: (index: number) => { readonly start: number; readonly bytes: number };
  readonly slots: number;
}

export function layoutFor(workers: number): Layout {
  const queue = WORKER_WORDS + workers * LINE;
  const completions = queue + QUEUE_ENTRIES;
  const shapes = 4 * (completions + workers * COMPLETION_ENTRIES);
  const slots = align(shapes + (workers + 1) * SHAPE_REGION_BYTES, SLOT_BYTES);
  const argumentRing = slots + SLOTS * SLOT_BYTES;
  const resultRings = argumentRing + ARGUMENT_RING_BYTES;
  const resultRingBytes = align(min(8 << 20, max(256 << 10, RESULT_RINGS_BYTES / workers)), 4096);
  return {
    bytes: resultRings + workers * resultRingBytes,
    queue,
    completions: (index) => completions + index * COMPLETION_ENTRIES,
    workerWords: (index) => WORKER_WORDS + index * LINE,
    shapes: (index) => shapes + (index + 1) * SHAPE_REGION_BYTES,
    slotWords: (slot) => slots / 4 + slot * SLOT_WORDS,
    argumentRing: { start: argumentRing, bytes: ARGUMENT_RING_BYTES },
    resultRing: (index) => ({
      start: resultRings + index * resultRingBytes,
      bytes: resultRingBytes,
    }),
    slots: slots / 4,
  };
}

/** First byte of a slot's own payload, and the byte behind its last. */
export function payloadStart(slotWords: number): number {
  return slotWords * 4 + SLOT_HEADER_BYTES;
}

export function payloadEnd(slotWords: number): number {
  return slotWords * 4 + SLOT_BYTES;
}

function align(value: number, to: number): number {
  return ceil(value / to) * to;
}
