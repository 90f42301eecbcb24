/**
 * Signatures prove that a record was written, in this form, by somebody who has the secret, for this queue and this
 * call.
 *
 *     signature = HMAC-SHA-256(SHA-256 of the secret in hex, JSON of [purpose, queue, …subject, record])
 *
 * The record is signed without its signature.
 *
 * A record is signed as the JSON in which it is written, and verified as the JSON of the parsed value. Both are the
 * same text for every value that `exact` of schema.ts accepts, and that check comes first. So an attacker who can
 * write to Redis can't write one record and have another one read.
 *
 * A signature has one spelling. Other spellings of the same bytes are refused: a limit on the number of runs of a
 * signed call counts signatures.
 *
 *     call                   id, name of the function, the call       including the time until which it may be run
 *     outcome, failure, runs, cancel
 *                            id, the signature of the call, the record
 *
 * Records about a call are bound to its signature. So an outcome of another call, even of one that had the same id
 * before, is not accepted for this one.
 *
 * Several secrets are accepted, so that they can be replaced without a stop: add the new one everywhere, then put it
 * first everywhere, then remove the old one.
 */
import { hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { BrokenCluster } from '../errors.ts';

/** The purpose of a record. A record that was signed for one purpose is not accepted for another. */
export type Purpose = 'call' | 'outcome' | 'failure' | 'runs' | 'cancel' | 'settings' | 'host';

const NAMES: Readonly<Record<Purpose, string>> = {
  call: 'a call',
  outcome: 'an outcome',
  failure: 'a failure',
  runs: 'the progress of a call',
  cancel: 'a cancellation',
  settings: 'settings',
  host: 'the record of a host',
};

export interface Signed {
  readonly sig?: string;
}

/** Sizes of SHA-256, in bytes. */
const BLOCK = 64;
const DIGEST = 32;
/** Characters of a signature that are kept, with six bits each. Nobody finds one by trying. */
const LENGTH = 22;

export class Signer {
  readonly #keys: readonly MacKey[];
  readonly #queue: string;

  /**
   * @param keys - the first one signs, all are accepted. Without keys, nothing is signed and everything is accepted.
   */
  constructor(keys: readonly KeyObject[], queue: string) {
    this.#keys = keys.map(macKey);
    this.#queue = queue;
  }

  get isOn(): boolean {
    return this.#keys.length > 0;
  }

  /** Undefined if there is no secret. */
  sign(purpose: Purpose, about: readonly unknown[]): string | undefined {
    const [key] = this.#keys;
    return key && mac(key, this.#text(purpose, about));
  }

  /** True if the signer has one of our secrets, or if there is no secret. */
  believes(signature: unknown, purpose: Purpose, about: readonly unknown[]): boolean {
    if (!this.isOn) return true;
    if (typeof signature !== 'string' || signature.length !== LENGTH) return false;
    const given = Buffer.from(signature);
    if (given.length !== LENGTH) return false;
    const text = this.#textGiven(purpose, about);
    return (
      text !== undefined &&
      this.#keys.some((key) => timingSafeEqual(Buffer.from(mac(key, text)), given))
    );
  }

  /** The record with its signature, if there is a secret. */
  signed<R extends object>(purpose: Purpose, about: readonly unknown[], record: R): R & Signed {
    const sig = this.sign(purpose, [...about, record]);
    return sig === undefined ? record : { ...record, sig };
  }

  /**
   * The record without its signature.
   *
   * @throws BrokenCluster (`ERR_SIGNATURE`) if it has no valid signature.
   */
  checked<R extends Signed>(
    purpose: Purpose,
    about: readonly unknown[],
    { sig, ...record }: R,
  ): Omit<R, 'sig'> {
    if (this.believes(sig, purpose, [...about, record])) return record;
    const what = sig === undefined ? 'is not signed' : 'has a signature that is not of it';
    throw new BrokenCluster(
      `What Redis has as ${NAMES[purpose]} ${what}. Give all hosts and submitters of the queue the same secret; if they have it, somebody else has written to Redis.`,
      { code: 'ERR_SIGNATURE' },
    );
  }

  /** Undefined for a record that is nested deeper than can be written: nobody can have signed it. */
  #textGiven(purpose: Purpose, about: readonly unknown[]): string | undefined {
    try {
      return this.#text(purpose, about);
    } catch {
      return undefined;
    }
  }

  #text(purpose: Purpose, about: readonly unknown[]): string {
    return JSON.stringify([purpose, this.#queue, ...about]);
  }
}

/**
 * A key in the form that HMAC mixes into the first and the last input.
 *
 * HMAC is written out here, with two plain hashes, because `createHmac` creates a stream for each signature, which
 * has to be garbage-collected: that was a third of the cost of signatures in a burst.
 */
interface MacKey {
  readonly inner: string;
  readonly outer: Buffer;
}

function macKey(key: KeyObject): MacKey {
  // 64 letters: the block size of SHA-256.
  const block = Buffer.from(hash('sha256', key.export(), 'hex'));
  const outer = Buffer.alloc(BLOCK + DIGEST);
  for (const [i, byte] of block.entries()) outer[i] = byte ^ 0x5c;
  return { inner: block.map((byte) => byte ^ 0x36).toString(), outer };
}

function mac({ inner, outer }: MacKey, text: string): string {
  hash('sha256', inner + text, 'buffer').copy(outer, BLOCK);
  return hash('sha256', outer, 'base64url').slice(0, LENGTH);
}
