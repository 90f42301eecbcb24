/** The secrets that hosts and submitters of a queue share: the accepted forms, and the keys made from them. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { invalidSecret, invalidType } from '../util/validate.ts';

/** A secret of at least 16 bytes: a text, as UTF-8, or bytes. Line ends at its end are ignored. */
export type Secret = string | Uint8Array;

/** The source of a secret if none is given. */
const VARIABLE = 'CF_SECRET';
/** Bytes. A shorter secret can be found by trying. */
const SHORTEST = 16;
/** The codes of a line feed and a carriage return. */
const LINE_ENDS = new Set<number | undefined>([10, 13]);

/**
 * @param given - one secret, or several: the first one signs, all are accepted.
 * @returns no keys if there is no secret, neither here nor in the environment.
 * @throws TypeError, RangeError, neither of which contains a secret.
 */
export function resolveSecrets(
  given: Secret | readonly Secret[] | undefined,
): readonly KeyObject[] {
  if (given === undefined) {
    const { [VARIABLE]: own } = process.env;
    return own === undefined ? [] : [keyOf(`The environment variable ${VARIABLE}`, own)];
  }
  if (!Array.isArray(given)) return [keyOf('secret', given)];
  if (given.length === 0)
    throw invalidSecret('secret', 'a list of at least one secret', 'an empty list');
  return given.map((each, index) => keyOf(`secret[${index}]`, each));
}

function keyOf(name: string, given: unknown): KeyObject {
  const isText = typeof given === 'string';
  if (!isText && !(given instanceof Uint8Array))
    throw invalidType(name, 'a text or bytes', typeof given);
  const bytes = withoutLineEnd(isText ? Buffer.from(given) : given);
  if (bytes.length < SHORTEST)
    throw invalidSecret(
      name,
      `a secret of at least ${SHORTEST} bytes, such as openssl rand -base64 32 makes`,
      `one of ${bytes.length}`,
    );
  // A buffer that was never filled.
  if (bytes.every((each) => each === bytes[0]))
    throw invalidSecret(name, 'a secret that can not be guessed', 'one of equal bytes');
  return createSecretKey(bytes);
}

/** Editors and `echo` add a line break, and another way of reading the same file may have removed it. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let { length } = bytes;
  while (length > 0 && LINE_ENDS.has(bytes[length - 1])) length--;
  return bytes.subarray(0, length);
}
