/** The common parts of the kinds of records. */
import { BrokenCluster } from 'concurrent-futures/cluster';
import { resolveSecrets } from '#dist/cluster/secret.js';
import { Signer } from '#dist/cluster/signature.js';
import { fromWire, writeValue } from '#dist/cluster/wire-value.js';
import { strayIn } from './stray.mjs';

export const QUEUE = 'q';
export const believesAll = new Signer([], QUEUE);
export const believesSigned = new Signer(resolveSecrets('the secret of the fuzzer'), QUEUE);

/** More than there are valid ones at a time. */
const MOST_SIGNED = 5000;

/** The records that were signed lately, without their signatures. */
export class SignedRecords {
  #texts = new Set();

  /** @returns the record. */
  add(record) {
    this.#texts.add(textOf(record));
    const [oldest] = this.#texts;
    if (this.#texts.size > MOST_SIGNED) this.#texts.delete(oldest);
    return record;
  }

  /** The problem with an accepted record, if there is one. */
  problemWith(record) {
    return this.#texts.has(textOf(record))
      ? undefined
      : 'it was believed, and nobody has signed it';
  }
}

function textOf(record) {
  return JSON.stringify({ ...record, sig: undefined });
}

/** Parses records, like BullMQ before it passes them on. */
class NoJson extends Error {}

export function parsedRecord(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoJson();
  }
}

const CODES = new Set(['ERR_FORMAT', 'ERR_SIGNATURE', 'ERR_WORKER_DIED']);

export function isRefusal(error) {
  return error instanceof NoJson || (error instanceof BrokenCluster && CODES.has(error.code));
}

/** One in this many values is searched. */
const LOOKED_THROUGH = 8;
let values = 0;

/** The part of a value that is not data; undefined if there is none, and mostly without a search. */
export function strayNowAndThen(value, functions = []) {
  return ++values % LOOKED_THROUGH === 0 ? strayIn(value, functions) : undefined;
}

const parcel = { key: 'a:b', size: 0, sha256: '' };
const functions = [Math.max, Math.min];
const LENGTH = Buffer.alloc(4);
const ZERO = 48;

/** The separator of a blob's bytes, as letters, and its text. */
const BETWEEN = '\n\u0001\n';

/** Values in keys of their own, which both sides read alike. The first letter determines the error in its length. */
export const blobs = {
  name: 'blob',
  weight: 15,
  valid(_random, value) {
    const { form, bytes } = writeValue(value);
    return `0${Buffer.concat(bytes).toString('latin1')}${BETWEEN}${JSON.stringify(form)}`;
  },
  jsonIn(text) {
    const at = text.lastIndexOf(BETWEEN) + BETWEEN.length;
    return { head: text.slice(0, at), body: text.slice(at) };
  },
  read(given) {
    const at = given.lastIndexOf(BETWEEN);
    const text = Buffer.from(given.slice(at + BETWEEN.length));
    const blob = Buffer.concat([
      LENGTH,
      text,
      Buffer.from(given.slice(1, Math.max(at, 1)), 'latin1'),
    ]);
    blob.writeUInt32LE((text.length + given.charCodeAt(0) - ZERO) >>> 0);
    return strayNowAndThen(fromWire({ parcel }, functions, blob), functions);
  },
  mayThrow: isRefusal,
};
