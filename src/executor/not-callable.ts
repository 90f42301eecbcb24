/** `submit(42)`: as in Python, the call fails, and `submit` itself does not. */
import { failFuture, Future } from '../future/future.ts';
import { invalidType } from '../util/validate.ts';

/** @returns a failed future if `fn` can't be called. */
export function notCallable(fn: unknown): Future<unknown> | undefined {
  if (typeof fn === 'function') return undefined;
  const future = new Future<unknown>();
  failFuture(future, invalidType('fn', 'a function', fn));
  return future;
}
