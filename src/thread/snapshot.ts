/** Arguments as they are at the moment of `submit`, for calls that can't be written down at once. */
import { PicklingError } from '../errors.ts';
import { describeValue, reason } from '../util/validate.ts';

/** The arguments by value, and the new identity of what was moved along. */
export interface Snapshot {
  readonly args: unknown[];
  readonly transfer: readonly object[];
}

const nothing: readonly object[] = [];

/** @throws PicklingError naming the argument that can't be cloned. */
export function snapshot(
  args: unknown[],
  transfer: readonly object[] | undefined,
  task: string,
): Snapshot {
  if (transfer === undefined && args.every(isImmutable)) return { args, transfer: nothing };
  const list = transfer ?? nothing;
  try {
    return structuredClone({ args, transfer: list }, { transfer: list as ArrayBuffer[] });
  } catch (cause) {
    throw unsendable(args, task, cause, list);
  }
}

/**
 * Cloning takes a buffer that was moved away before without complaint, and only its receiver finds out.
 *
 * @throws PicklingError if one of them is.
 */
export function checkTransfer(transfer: readonly object[], task: string): void {
  for (const [index, each] of transfer.entries()) {
    if (!(each instanceof ArrayBuffer)) continue;
    try {
      each.slice(0, 0);
    } catch (cause) {
      throw new PicklingError(
        `transfer[${index}] of the call of ${task} is an ArrayBuffer that was moved away before. Pass one that is still here.`,
        { cause },
      );
    }
  }
}

/** The error for arguments that could not be written or cloned because of `cause`. */
export function unsendable(
  args: readonly unknown[],
  task: string,
  cause: unknown,
  transfer: readonly object[] = nothing,
): PicklingError {
  const culprit = args.findIndex((arg) => !isClonable(arg, transfer));
  const what = culprit < 0 ? 'The arguments' : `Argument ${culprit + 1}`;
  const given = culprit < 0 ? '' : `, ${describeValue(args[culprit])},`;
  return new PicklingError(
    `${what} of ${task}${given} can't be sent to a worker: ${reason(cause)} ` +
      'Pass plain data, or what structuredClone() can copy; ports and streams also need with({ transfer: [...] }).',
    { cause },
  );
}

function isImmutable(value: unknown): boolean {
  return (
    (typeof value !== 'object' || value === null) &&
    typeof value !== 'function' &&
    typeof value !== 'symbol'
  );
}

function isClonable(value: unknown, transfer: readonly object[]): boolean {
  if (isImmutable(value) || transfer.includes(value as object)) return true;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
