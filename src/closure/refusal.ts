/** Why something can't travel: which part of it, how one gets there, and what to do instead. */
import type { ErrorCode } from '../errors.ts';
import { describeValue, isIdentifier } from '../util/validate.ts';

/** The way to a value from where packing began: the last step, and the way up to it. */
export interface Trail {
  readonly up: Trail | undefined;
  /** Put into words when it is asked for. */
  readonly step: string | (() => string);
}

/** How many steps are told from either end of a way: it may be a list with a hundred thousand links. */
const MOST_STEPS = 16;

export function further(up: Trail | undefined, step: Trail['step']): Trail {
  return { up, step };
}

export class Refusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, text: string, trail: Trail | undefined) {
    const trails: Trail[] = [];
    for (let each = trail; each !== undefined; each = each.up) trails.push(each);
    const steps = trails
      .toReversed()
      .filter((_, index) => index < MOST_STEPS || index >= trails.length - MOST_STEPS)
      .map(({ step }) => (typeof step === 'string' ? step : step()));
    const left = trails.length - steps.length;
    if (left > 0) steps.splice(MOST_STEPS, 0, `… ${left} more …`);
    super(steps.length === 0 ? text : `${text}\n    at ${steps.join(' → ')}`);
    this.code = code;
  }
}

/** How a property is written behind the object that has it. */
export function member(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  const name = String(key);
  if (/^\d+$/.test(name)) return `[${name}]`;
  return isIdentifier(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The function that a message is about. */
export function nameOf(fn: object): string {
  const text = describeValue(fn);
  return text.startsWith('function ') ? text.slice('function '.length) : text;
}
