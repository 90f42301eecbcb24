/**
 * Signatures: what is signed was written by somebody who has the secret, as it is, for this queue and this call.
 *
 *     signature = HMAC-SHA-256(SHA-256 of the secret in hex, JSON of [purpose, queue, …what it is about, record without its signature])
 *
 * A record is signed as the JSON that it is written as, and checked as the JSON of what was parsed from it. The two are the
 * same text for every value that `exact` of schema.ts lets through, and records are checked by that before. So nobody who can
 * write to Redis can say the one and have the other read.
 *
 * A signature has one spelling. Of others that stand for the same bytes none is believed: whoever counts how often a signed
 * call comes counts signatures.
 *
 *     call                   id, name of the function, the call       and with it until when it may be run
 *     outcome, failure, runs, cancel
 *                            id, the signature of the call, the record
 *
 * What is said of a call is bound to its signature, so an outcome of another call, or of another call that had the same
 * id once, is no outcome of this one.
 *
 * Several secrets are believed, so that they can be changed without a stop: the new one is added everywhere, then put first
 * everywhere, then the old one is taken away.
 */
import { hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { BrokenCluster } from '../errors.ts';

/** What a record is for: one that is signed as one thing is not believed as another. */
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

/** Of SHA-256, in bytes. */
const BLOCK = 64;
const DIGEST = 32;
/** Of a signature that much is kept, in characters of six bits each. Nobody finds one by trying. */
const LENGTH = 22;

export class Signer {
  readonly #keys: readonly MacKey[];
  readonly #queue: string;

  /** @param keys - the first signs, all of them are believed. None: nothing is signed, and everything is believed. */
  constructor(keys: readonly KeyObject[], queue: string) {
    this.#keys = keys.map(macKey);
    this.#queue = queue;
  }

  get isOn(): boolean {
    return this.#keys.length > 0;
  }

  /** Undefined: there is no secret. */
  sign(purpose: Purpose, about: readonly unknown[]): string | undefined {
    const [key] = this.#keys;
    return key && mac(key, this.#text(purpose, about));
  }

  /** Whether whoever has signed it has a secret of ours. True where there is none. */
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
   * @throws BrokenCluster (`ERR_SIGNATURE`) if nobody has signed it who has the secret.
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

  /** Undefined for what is nested deeper than it could be written: then nobody has signed it. */
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
 * A key as HMAC uses it, mixed into what is hashed first and last.
 *
 * HMAC is written out here, by two plain hashes, because `createHmac` makes a stream for each, which is collected later:
 * of what signatures add to a burst that was a third.
 */
interface MacKey {
  readonly inner: string;
  readonly outer: Buffer;
}

function macKey(key: KeyObject): MacKey {
  // 64 letters, which is the block of SHA-256.
  const block = Buffer.from(hash('sha256', key.export(), 'hex'));
  const outer = Buffer.alloc(BLOCK + DIGEST);
  for (const [i, byte] of block.entries()) outer[i] = byte ^ 0x5c;
  return { inner: block.map((byte) => byte ^ 0x36).toString(), outer };
}

function mac({ inner, outer }: MacKey, text: string): string {
  hash('sha256', inner + text, 'buffer').copy(outer, BLOCK);
  return hash('sha256', outer, 'base64url').slice(0, LENGTH);
}
