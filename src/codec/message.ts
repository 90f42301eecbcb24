/**
 * Values as messages between threads carry them: as they are, or as a table where they are nested so
 * deep that the receiver's stack might not be enough.
 */
import { hasOwn, TrueDOMException } from '../util/primordials.ts';
import { adviceToAwait } from '../util/thenable.ts';
import { type FlatValue, flatten, unflatten } from './flat-value.ts';
import { survey } from './survey.ts';

export type MessageValue = { readonly value: unknown } | { readonly flat: FlatValue };

/** @throws DataCloneError if there is something in it that can't travel although cloning would not mind. */
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

/** For something that is to be awaited, and would come to nothing on the way. */
export function cannotBeAwaited(thenable: object): DOMException {
  return new TrueDOMException(adviceToAwait(thenable), 'DataCloneError');
}
