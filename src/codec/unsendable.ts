/** Errors for values that can't be sent: they name the value, the reason and the remedy. */
import { PicklingError } from '../errors.ts';
import { match, matches, reflectGet } from '../util/primordials.ts';
import { describeValue, reason } from '../util/validate.ts';
import { betweenThreads, type Channel } from './channel.ts';
import { isDOMException, isError } from './error-classes.ts';

/** The channel of the arguments. */
export type { Channel as Way };

/** The part of a packing error that gives the path to the value. */
const TRAIL = /\n {4}at .*$/s;
const STACK_IS_OVER = /call stack/;

/** The error for a task's result that could not be sent because of `cause`. */
export function unsendableResult(value: unknown, task: string, cause: unknown): PicklingError {
  return new PicklingError(
    `The result of ${task}, ${describeValue(value)}, can't be sent back: ${reason(cause)} ` +
      'Return plain data, or what structuredClone() can copy.',
    { cause },
  );
}

/**
 * The error for arguments that could not be sent because of `cause`.
 *
 * @param found - the error of packing them, if that was tried.
 */
export function unsendableArguments(
  args: readonly unknown[],
  task: string,
  cause: unknown,
  transfer: readonly object[] = [],
  { clone, remedy }: Channel = betweenThreads,
  found?: unknown,
): PicklingError {
  let culprit = 0;
  while (culprit < args.length && travels(args[culprit], clone, transfer)) culprit++;
  if (culprit === args.length) culprit = -1;
  const what = culprit < 0 ? 'The arguments' : `Argument ${culprit + 1}`;
  const given = culprit < 0 ? '' : `, ${describeValue(args[culprit])},`;
  const start = `${what} of ${task}${given} can't be sent to a worker:`;
  if (!(found instanceof PicklingError))
    return new PicklingError(`${start} ${reason(cause)} ${remedy}`, { cause });
  // The packing error names the path and, unless the object belongs to this thread, the remedy.
  const { message, code } = found;
  const text =
    code === 'ERR_HANDLE'
      ? `${reason(cause)} ${remedy}${match(TRAIL, message)?.[0] ?? ''}`
      : message;
  return new PicklingError(`${start} ${text}`, { cause, code });
}

/**
 * The error for a function whose captured variables, or arguments packed with it, could not be sent because of
 * `cause`.
 */
export function unsendableFunction(
  task: string,
  cause: unknown,
  { remedy }: Channel = betweenThreads,
): PicklingError {
  return new PicklingError(
    `The captured values or the arguments of ${task} can't be sent to a worker: ${reason(cause)} ${remedy}`,
    { cause },
  );
}

function travels(
  value: unknown,
  clone: (value: unknown) => unknown,
  transfer: readonly object[],
): boolean {
  if (isImmutable(value)) return true;
  for (let i = 0; i < transfer.length; i++) if (transfer[i] === value) return true;
  try {
    clone(value);
    return true;
  } catch {
    return false;
  }
}

/** True for a value that is never copied, so that cloning is not necessary. */
export function isImmutable(value: unknown): boolean {
  return (
    (typeof value !== 'object' || value === null) &&
    typeof value !== 'function' &&
    typeof value !== 'symbol'
  );
}

/** True if cloning has refused the value; false if a getter has thrown. */
export function isUnclonable(error: unknown): boolean {
  const cause = error instanceof PicklingError ? error.cause : error;
  if (!isError(cause)) return false;
  const name: unknown = reflectGet(cause, 'name');
  if (isDOMException(cause)) return name === 'DataCloneError';
  const message: unknown = reflectGet(cause, 'message');
  return name === 'RangeError' && typeof message === 'string' && matches(STACK_IS_OVER, message);
}
