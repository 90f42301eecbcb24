/**
 * Who gets a call: the worker that was sent it, or the parent that wants it back.
 *
 * A worker holds several calls, so that it need not wait for the next one. Until it begins a call the
 * parent may take it back: because it was cancelled, or because another worker has nothing to do.
 * Asking the worker would not do, since it answers only between two calls, and the call that must
 * be passed is the very one it is busy with. Threads settle such a question by compare-and-exchange;
 * processes share no memory, but they can share a file, and appending to one is atomic. So each side
 * appends what it wants, then reads what is there: both read the same records in the same order,
 * and the first record that names a call decides.
 *
 *     parent -- calls 1 2 3 4 5 -->  channel  --> worker
 *     parent -- TAKE 4..5 ----.                .-- CLAIM ..2
 *                              v              v
 *     file:   [ CLAIM ..2 ][ TAKE 4..5 ][ CLAIM ..4 ]      2 runs, 3 runs, 4 and 5 are the parent's
 *
 * The calls of a worker are numbered in the order in which they were sent, and it begins them in that
 * order: a claim is for all calls up to a number. The parent may take back any. A worker that ends in
 * order releases what it had claimed together with the last call that it began.
 *
 *     record:  f64 from * 4 + kind,  f64 to,  f64 check
 *
 * The check is made with a number that only the two sides know. The worker's code can write to the file
 * as well, and what it writes there is passed over.
 *
 * The file has no name; the worker inherits it open. It is emptied when it has grown, the worker has
 * nothing in its hands, and it has passed all that was taken back: neither side needs what is in it.
 *
 * Cost: two system calls for a claim, 2 µs. A dead worker's claims can still be read, which tells
 * exactly which calls it had begun.
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

/** Bytes of the log from which on it is worth emptying, and from which on it must be. */
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
    // A full disk may take a part; what it has taken is passed over by whoever reads.
    if (writeSync(this.#fd, this.#record, 0, RECORD) < RECORD)
      throw new TrueError('Only a part of the record was written.');
  }

  /** Reads on to the end. `visit` may end the reading by returning true. */
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
          // Somebody else's, of whatever length: the next of ours may begin at any byte.
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
  /** What the worker inherits. */
  readonly fd: number;
  /** What the worker has to know to write to the log. */
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

  /** The last call that the worker has begun, as of now. */
  claimed(): number {
    this.#readOn();
    return this.#claimed;
  }

  /** Takes back the calls `first` to `last`. @returns the last call that the worker had claimed before that. */
  take(first: number, last: number): number {
    try {
      this.#log.append(TAKE, first, last);
    } catch {
      // The disk is full. What can't be taken back stays where it is.
      return last;
    }
    // Stays so if our record is not to be found, because somebody else has written to the file.
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

  /** Empties the log, which the worker has to be told of before its next call. */
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

  /** Whether a call is claimed already, together with one before it. */
  has(call: number): boolean {
    return call <= this.#claimed;
  }

  /** Claims the calls up to `to`. */
  claim(to: number): void {
    const before = this.#claimed;
    try {
      this.#log.append(CLAIM, 0, to);
      this.#log.read((kind, from, last) => {
        // What was claimed by then stays ours, whether it has been run or not.
        if (kind === TAKE)
          this.#taken[this.#taken.length] = { from: max(from, before + 1), to: last };
        return kind === CLAIM;
      });
    } catch (cause) {
      // Nobody would know whose the call is. The parent gives it to another worker.
      throw new TrueError(
        `The log in which this worker claims its calls can't be used any more: ${reason(cause)} ` +
          'Is there room in the folder for temporary files, and is file descriptor 4 still open?',
      );
    }
    this.#claimed = to;
  }

  /** Gives up what was claimed from the call `from` on. For a worker that will begin none any more. */
  release(from: number): void {
    if (from > this.#claimed) return;
    try {
      this.#log.append(RELEASE, from, this.#claimed);
    } catch {
      // This worker ends, and nothing is to stop that. What it had claimed ends with it.
    }
  }

  /** Whether a claimed call had been taken back before. To be asked in the order of the calls. */
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
