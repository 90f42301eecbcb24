/**
 * Values in messages between threads: unchanged, or as a table if they are nested so deep that the receiver's stack
 * might overflow.
 */
import { hasOwn, TrueDOMException } from '../util/primordials.ts';
import { adviceToAwait } from '../util/thenable.ts';
import { type FlatValue, flatten, unflatten } from './flat-value.ts';
import { survey } from './survey.ts';

export type MessageValue = { readonly value: unknown } | { readonly flat: FlatValue };

/**
 * @throws DataCloneError for a value that cloning would accept, but whose meaning would be lost: something to be
 *   awaited.
 */
export function toMessage(value: unknown): MessageValue {
  const { isDeep, thenable } = survey(value);
  if (thenable !== undefined) throw cannotBeAwaited(thenable);
  return isDeep ? { flat: flatten(value) } : { value };
}

export function fromMessage(message: MessageValue): unknown {
  return hasOwn(message, 'flat')
    ? unflatten((message as { flat: FlatValue }).flat)
    : (message as { value: unknown }).value;
}

/** The error for an object that has to be awaited, and would arrive empty. */
export function cannotBeAwaited(thenable: object): DOMException {
  return new TrueDOMException(adviceToAwait(thenable), 'DataCloneError');
}
