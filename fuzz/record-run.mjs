/**
 * The records of one side, one after the other.
 *
 * Time and memory are checked for each record. The check of the language's own objects takes longer, and is made for a
 * batch. If one has changed, all are restored, and the records of the batch are read again one by one until the culprit
 * is found.
 */
import { Ceiling, usedMemory } from './ceiling.mjs';
import { mutate } from './mutations.mjs';
import { Random } from './random.mjs';
import { RecordPool } from './record-pool.mjs';
import { Surroundings } from './surroundings.mjs';

/** Milliseconds that one record may take. A busy machine may be slow: a record that takes longer is read again. */
const LONGEST = 250;
const AGAIN = 3;
/** Bytes that reading one may take, and for each letter of it. */
const MOST_MEMORY = 16 * 2 ** 20;
const MEMORY_A_LETTER = 200;
const BATCH = 500;
/** Letters of a record that are printed, and findings. */
const SHOWN = 4000;
const MOST_TOLD = 20;

export class RecordRun {
  #side;
  #kinds;
  #options;
  #random;
  #pool;
  #surroundings;
  #ceiling;
  #began = performance.now();
  #totals = { records: 0, read: 0, refused: 0 };
  findings = 0;

  constructor(side, kinds, options) {
    this.#side = side;
    this.#kinds = kinds;
    this.#options = options;
    this.#random = new Random(options.seed, side);
  }

  async run() {
    // Stacks cost more than everything else, and in records they would contain this folder's path.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      await this.#warmUp();
      const { count, seconds } = this.#options;
      const until = this.#began + seconds * 1000;
      while (this.#totals.records < count && performance.now() < until) {
        await this.#batch(Math.min(BATCH, count - this.#totals.records));
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  summary() {
    const seconds = (performance.now() - this.#began) / 1000;
    const { records, read, refused } = this.#totals;
    const rate = Math.round(records / seconds);
    return `fuzz:records: ${this.#side}, seed ${this.#options.seed}, records ${records}, ${rate} a second, read ${read}, refused ${refused}, findings ${this.findings}`;
  }

  /**
   * Creates the objects that the first records make for all, such as the registry of error classes. And valid records
   * must be readable.
   */
  async #warmUp() {
    this.#pool = new RecordPool(this.#random, this.#kinds);
    for (const record of this.#pool.fresh()) {
      const problem = await problemOf(record.kind, record.text);
      if (problem !== undefined && problem !== REFUSED)
        this.#tell(record.kind, record.text, problem);
      if (problem === REFUSED) this.#tell(record.kind, record.text, 'it is valid, and was refused');
    }
    this.#surroundings = new Surroundings();
    this.#ceiling = new Ceiling();
  }

  async #batch(count) {
    this.#pool.refresh();
    const batch = [];
    for (let i = 0; i < count; i++) {
      const base = this.#pool.pick();
      const text = mutate(this.#random, base, this.#pool);
      batch.push([base.kind, text]);
      await this.#one(base.kind, text);
    }
    this.#totals.records += count;
    const change = this.#surroundings.change();
    if (change !== undefined) await this.#whoChanged(batch, change);
    const growth = this.#ceiling.problem(this.#totals.records);
    if (growth !== undefined) this.#tell({ name: 'all' }, '', growth);
  }

  async #one(kind, text) {
    const memory = usedMemory();
    const start = performance.now();
    const problem = await problemOf(kind, text);
    const took = performance.now() - start;
    const grown = usedMemory() - memory;
    if (problem === REFUSED) this.#totals.refused++;
    else if (problem === undefined) this.#totals.read++;
    else this.#tell(kind, text, problem);
    if (took > LONGEST) await this.#checkTime(kind, text, took);
    if (grown > MOST_MEMORY + MEMORY_A_LETTER * text.length)
      this.#tell(kind, text, `it took ${grown} bytes`);
  }

  async #checkTime(kind, text, first) {
    let least = first;
    for (let i = 0; i < AGAIN && least > LONGEST; i++) {
      const start = performance.now();
      await problemOf(kind, text);
      least = Math.min(least, performance.now() - start);
    }
    if (least > LONGEST) this.#tell(kind, text, `it took ${Math.round(least)} ms`);
  }

  async #whoChanged(batch, change) {
    this.#surroundings.restore();
    for (const [kind, text] of batch) {
      await problemOf(kind, text);
      const its = this.#surroundings.change();
      if (its === undefined) continue;
      this.#surroundings.restore();
      return this.#tell(kind, text, its);
    }
    this.#tell({ name: 'a batch' }, JSON.stringify(batch.map(([, text]) => text)), change);
  }

  #tell({ name }, text, problem) {
    this.findings++;
    if (this.findings > MOST_TOLD) return;
    const shown = JSON.stringify(text);
    const cut = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}… (${shown.length})` : shown;
    console.log(`${this.#side}, seed ${this.#options.seed}, ${name}: ${problem}\n  ${cut}`);
  }
}

const REFUSED = Symbol('refused');

/**
 * @returns the problem with its reading; {@link REFUSED} if it was refused in a permitted way; undefined if it was
 * read.
 */
async function problemOf(kind, text) {
  try {
    const done = kind.read(text);
    const problem = done instanceof Promise ? await done : done;
    return typeof problem === 'string' ? problem : undefined;
  } catch (error) {
    if (kind.mayThrow(error)) return REFUSED;
    return `it threw ${String(error?.stack ?? error)}`;
  }
}
