/** The reason why a value can't be sent: the value, the path to it, and the remedy. */
import type { ErrorCode } from '../errors.ts';
import { describeValue, isIdentifier } from '../util/validate.ts';

/** The path to a value from the start of packing: the last step, and the path before it. */
export interface Trail {
  readonly up: Trail | undefined;
  /** A text, or a function, which is called only if the text is needed. */
  readonly step: string | (() => string);
}

/** Number of steps that a message shows from each end of the path: a list may have a hundred thousand links. */
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

/** The notation of a property after the object that has it. */
export function member(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  const name = String(key);
  if (/^\d+$/.test(name)) return `[${name}]`;
  return isIdentifier(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The name of a function, for messages. */
export function nameOf(fn: object): string {
  const text = describeValue(fn);
  return text.startsWith('function ') ? text.slice('function '.length) : text;
}
