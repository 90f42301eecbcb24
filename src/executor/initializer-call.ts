/** A pool's initializer in the form for its workers, packed anew for each worker that starts. */
import { prepareCall } from '../functions/prepare.ts';
import type { InitializerCall } from '../protocol/messages.ts';
import type { PoolSettings } from './pool-options.ts';

/**
 * @param shares - true if workers share this process's memory.
 * @throws PicklingError if it can't travel.
 */
export function initializerCall(
  { initializer, functions }: PoolSettings,
  shares: boolean,
): InitializerCall | undefined {
  if (initializer === undefined) return undefined;
  const { fn, args } = initializer;
  return prepareCall(fn, args, { policy: functions, shares });
}
