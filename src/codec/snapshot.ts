/** Copies arguments at the moment of `submit`, for calls that can't be written immediately. */
import { PicklingError } from '../errors.ts';
import { structuredClone } from '../util/primordials.ts';
import { fromMessage, toMessage } from './message.ts';
import { isImmutable, unsendableArguments } from './unsendable.ts';

/** Copies of the arguments, and the new objects for those that were transferred. */
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
    const message = { args: toMessage(args), transfer: list };
    const copy = structuredClone(message, { transfer: list as ArrayBuffer[] });
    return { args: fromMessage(copy.args) as unknown[], transfer: copy.transfer };
  } catch (cause) {
    throw unsendableArguments(args, task, cause, list);
  }
}

/**
 * Cloning accepts a buffer that was transferred before without an error, and only the receiver would notice.
 *
 * @throws PicklingError if one of them is such a buffer.
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
