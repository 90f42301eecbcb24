/** Errors for values that can't travel: which value it is, why, and what to do. */
import { PicklingError } from '../errors.ts';
import { describeValue, reason } from '../util/validate.ts';

/** A task's result that could not be sent because of `cause`. */
export function unsendableResult(value: unknown, task: string, cause: unknown): PicklingError {
  return new PicklingError(
    `The result of ${task}, ${describeValue(value)}, can't be sent back: ${reason(cause)} ` +
      'Return plain data, or what structuredClone() can copy.',
    { cause },
  );
}

/** How arguments travel. */
export interface Way {
  /** Throws for a value that can't travel on it. */
  readonly clone: (value: unknown) => unknown;
  /** What can. */
  readonly remedy: string;
}

const toThreads: Way = {
  clone: structuredClone,
  remedy:
    'Pass plain data, or what structuredClone() can copy; ports and streams also need with({ transfer: [...] }).',
};

/**
 * Arguments that could not be sent because of `cause`.
 *
 * @param found - why they could not be packed either.
 */
export function unsendableArguments(
  args: readonly unknown[],
  task: string,
  cause: unknown,
  transfer: readonly object[] = [],
  { clone, remedy }: Way = toThreads,
  found?: unknown,
): PicklingError {
  const culprit = args.findIndex((arg) => !travels(arg, clone, transfer));
  const what = culprit < 0 ? 'The arguments' : `Argument ${culprit + 1}`;
  const given = culprit < 0 ? '' : `, ${describeValue(args[culprit])},`;
  const start = `${what} of ${task}${given} can't be sent to a worker:`;
  if (!(found instanceof PicklingError))
    return new PicklingError(`${start} ${reason(cause)} ${remedy}`, { cause });
  // Packing has found out where it lies, and unless it is bound to this thread, what to do instead.
  const { message, code } = found;
  const text =
    code === 'ERR_HANDLE'
      ? `${reason(cause)} ${remedy}${/\n {4}at .*$/s.exec(message)?.[0] ?? ''}`
      : message;
  return new PicklingError(`${start} ${text}`, { cause, code });
}

/** A function whose captured variables, or arguments packed with it, could not be sent because of `cause`. */
export function unsendableFunction(
  task: string,
  cause: unknown,
  { remedy }: Way = toThreads,
): PicklingError {
  return new PicklingError(
    `What ${task} has captured, or is given, can't be sent to a worker: ${reason(cause)} ${remedy}`,
    { cause },
  );
}

function travels(
  value: unknown,
  clone: (value: unknown) => unknown,
  transfer: readonly object[],
): boolean {
  if (isImmutable(value) || transfer.includes(value as object)) return true;
  try {
    clone(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is the same wherever it is, so that nothing has to be cloned. */
export function isImmutable(value: unknown): boolean {
  return (
    (typeof value !== 'object' || value === null) &&
    typeof value !== 'function' &&
    typeof value !== 'symbol'
  );
}

/** Whether it is the platform's cloning that has refused, and not a getter that has thrown. */
export function isUnclonable(error: unknown): boolean {
  const cause = error instanceof PicklingError ? error.cause : error;
  return (
    (cause instanceof RangeError && /call stack/.test(cause.message)) ||
    (cause instanceof DOMException && cause.name === 'DataCloneError')
  );
}
