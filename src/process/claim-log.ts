/**
 * Decides who has a call: the worker that was sent it, or the parent that takes it back.
 *
 * A worker has several calls in hand, so that it need not wait for the next one. The parent may take back a call that
 * has not begun, because it was cancelled or because another worker is idle. A question to the worker would not help:
 * it answers only between two calls, and it is busy with the very call that the others must overtake. Threads settle
 * such a question by compare-and-exchange; processes share no memory, but they can share a file, and appending to one
 * is atomic. So each side appends its request, then reads the log. Both read the same records in the same order, and
 * the first record that names a call decides.
 *
 *     parent -- calls 1 2 3 4 5 -->  channel  --> worker
 *     parent -- TAKE 4..5 ----.                .-- CLAIM ..2
 *                              v              v
 *     file:   [ CLAIM ..2 ][ TAKE 4..5 ][ CLAIM ..4 ]      2 runs, 3 runs, 4 and 5 are the parent's
 *
 * The calls of a worker are numbered in the order in which they were sent, and it begins them in that order: a claim
 * covers all calls up to a number. The parent may take back any. A worker that exits in order releases the calls that
 * it had claimed and not begun.
 *
 *     record:  f64 from * 4 + kind,  f64 to,  f64 check
 *
 * The check uses a number that only the two sides have. A task can write to the file as well; such bytes are skipped.
 *
 * The file has no name; the worker inherits it open. It is emptied when it has grown, the worker has no call in hand,
 * and the worker has reached all calls that were taken back: neither side needs its contents then.
 *
 * Cost: two system calls for a claim, 2 µs. The claims of a dead worker can still be read, which shows exactly the
 * calls that it had begun.
 */
import {
  constants,
  closeSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  filter,
  max,
  SafeDataView,
  TrueError,
  trueProcess,
  TrueUint8Array,
} from '../util/primordials.ts';
import { reason } from '../util/validate.ts';

const RECORD = 24;
const CLAIM = 1;
const TAKE = 2;
const RELEASE = 3;

/** Bytes of the log from which on emptying is worthwhile, and from which on it is required. */
const LARGE = 64 * 1024;
const TOO_LARGE = 16 * 1024 * 1024;

/** One side's view of the file. */
class Log {
  readonly #fd: number;
  readonly #secret: number;
  #position = 0;
  readonly #bytes = new TrueUint8Array(64 * RECORD);
  readonly #view = new SafeDataView(this.#bytes.buffer);
  readonly #record = new TrueUint8Array(RECORD);
  readonly #recordView = new SafeDataView(this.#record.buffer);

  constructor(fd: number, secret: number) {
    this.#fd = fd;
    this.#secret = secret;
  }

  get position(): number {
    return this.#position;
  }

  append(kind: number, from: number, to: number): void {
    const first = from * 4 + kind;
    this.#recordView.setFloat64(0, first, true);
    this.#recordView.setFloat64(8, to, true);
    this.#recordView.setFloat64(16, this.#check(first, to), true);
    // A full disk may take a part of the record; readers skip that part.
    if (writeSync(this.#fd, this.#record, 0, RECORD) < RECORD)
      throw new TrueError('Only a part of the record was written.');
  }

  /** Reads on to the end. `visit` ends the reading by returning true. */
  read(visit: (kind: number, from: number, to: number) => boolean): void {
    const bytes = this.#bytes;
    const view = this.#view;
    for (;;) {
      const length = readSync(this.#fd, bytes, 0, bytes.length, this.#position);
      let at = 0;
      while (at + RECORD <= length) {
        const first = view.getFloat64(at, true);
        const to = view.getFloat64(at + 8, true);
        if (view.getFloat64(at + 16, true) !== this.#check(first, to)) {
          // Foreign bytes, of any length: the next record of ours may begin at any byte.
          at++;
          continue;
        }
        at += RECORD;
        const kind = first % 4;
        if (visit(kind, (first - kind) / 4, to)) {
          this.#position += at;
          return;
        }
      }
      this.#position += at;
      if (length < bytes.length) return;
    }
  }

  reset(): void {
    this.#position = 0;
  }

  #check(first: number, to: number): number {
    return this.#secret + first * 3 + to * 7;
  }
}

/** The parent's side. */
export class ParentClaims {
  /** The descriptor that the worker inherits. */
  readonly fd: number;
  /** The worker needs this number to write to the log. */
  // primordials: in the parent.
  readonly secret: number = randomBytes(5).readUIntLE(0, 5);
  readonly #log: Log;
  #claimed = 0;

  /** @throws Error if no file can be made in the system's folder for temporary files. */
  constructor() {
    const path = join(
      tmpdir(),
      // primordials: in the parent.
      `concurrent-futures-${trueProcess.pid}-${randomBytes(8).toString('hex')}`,
    );
    const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
    this.fd = openSync(path, O_APPEND | O_CREAT | O_EXCL | O_RDWR, 0o600);
    unlinkSync(path);
    this.#log = new Log(this.fd, this.secret);
  }

  /** The last call that the worker has claimed, as of now. */
  claimed(): number {
    this.#readOn();
    return this.#claimed;
  }

  /** Takes back the calls `first` to `last`. @returns the last call that the worker had claimed before that. */
  take(first: number, last: number): number {
    try {
      this.#log.append(TAKE, first, last);
    } catch {
      // The disk is full. Calls that can't be taken back stay in hand.
      return last;
    }
    // It stays so if our record can't be found, because a task has written to the file.
    let before = last;
    this.#log.read((kind, from, to) => {
      if (kind === TAKE) before = this.#claimed;
      else this.#note(kind, from, to);
      return kind === TAKE;
    });
    return before;
  }

  get isLarge(): boolean {
    return this.#log.position > LARGE;
  }

  get isTooLarge(): boolean {
    return this.#log.position > TOO_LARGE;
  }

  /** Empties the log. The worker must get a message about it before its next call. */
  reset(): void {
    ftruncateSync(this.fd, 0);
    this.#log.reset();
  }

  close(): void {
    closeSync(this.fd);
  }

  #readOn(): void {
    this.#log.read((kind, from, last) => {
      this.#note(kind, from, last);
      return false;
    });
  }

  #note(kind: number, from: number, to: number): void {
    if (kind === CLAIM) this.#claimed = to;
    else if (kind === RELEASE) this.#claimed = from - 1;
  }
}

/** The worker's side. */
export class WorkerClaims {
  readonly #log: Log;
  /** Calls that the parent has taken back and that may still arrive, or wait here. */
  #taken: { readonly from: number; readonly to: number }[] = [];
  #claimed = 0;

  constructor(fd: number, secret: number) {
    this.#log = new Log(fd, secret);
  }

  /** True if a call is claimed already, together with one before it. */
  has(call: number): boolean {
    return call <= this.#claimed;
  }

  /** Claims the calls up to `to`. */
  claim(to: number): void {
    const before = this.#claimed;
    try {
      this.#log.append(CLAIM, 0, to);
      this.#log.read((kind, from, last) => {
        // Calls claimed by then stay this worker's, whether they have run or not.
        if (kind === TAKE)
          this.#taken[this.#taken.length] = { from: max(from, before + 1), to: last };
        return kind === CLAIM;
      });
    } catch (cause) {
      // The owner of the call would be unknown. The parent gives it to another worker.
      throw new TrueError(
        `The log in which this worker claims its calls can't be used any more: ${reason(cause)} ` +
          'Is there room in the folder for temporary files, and is file descriptor 4 still open?',
      );
    }
    this.#claimed = to;
  }

  /** Releases the claimed calls from `from` on, for a worker that will begin none of them. */
  release(from: number): void {
    if (from > this.#claimed) return;
    try {
      this.#log.append(RELEASE, from, this.#claimed);
    } catch {
      // This worker ends, and an error must not stop that. Its claimed calls end with it.
    }
  }

  /** True if a claimed call had been taken back before. Ask in the order of the calls. */
  isTaken(call: number): boolean {
    if (this.#taken.length === 0) return false;
    this.#taken = filter(this.#taken, (range) => range.to >= call);
    for (let i = 0; i < this.#taken.length; i++) {
      if ((this.#taken[i]?.from ?? Infinity) <= call) return true;
    }
    return false;
  }

  reset(): void {
    this.#log.reset();
  }
}
