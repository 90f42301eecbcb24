/** A future in words, for messages and `util.inspect`. */
import { className } from '../util/validate.ts';
import { FutureStateCode, stateName } from './future-state.ts';

/** Numbers that distinguish futures, assigned at the first use: most are never used. */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

export function futureText(
  future: object,
  {
    state,
    outcome,
    task,
    worker,
  }: {
    state: FutureStateCode;
    outcome: unknown;
    task: string | undefined;
    worker: string | undefined;
  },
): string {
  const parts = [`Future #${numberOf(future)}`, stateName(state)];
  if (state === FutureStateCode.Finished) parts.push('returned', kindOf(outcome));
  if (state === FutureStateCode.Failed) parts.push('raised', kindOf(outcome));
  if (task !== undefined) parts.push(`task=${task}`);
  if (worker !== undefined && state !== FutureStateCode.Pending) parts.push(`worker=${worker}`);
  return `<${parts.join(' ')}>`;
}

function numberOf(future: object): number {
  let number = numbers.get(future);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(future, number);
  }
  return number;
}

function kindOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return className(value);
  return value === null ? 'null' : typeof value;
}
