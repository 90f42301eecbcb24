/**
 * Checks for records from Redis, composed of small checks.
 *
 *     const point = record({ x: number, y: number }, { name: text });
 *     point({ x: 1 }, 'point')        'point.y is missing'
 *
 * A check returns the problem as a text, or undefined. A record has only the named fields: the meaning of an unknown
 * field is known only to its writer.
 */
import { MOST_LEVELS_OF_RECORD } from '../codec/plainness.ts';

export type Check = (value: unknown, at: string) => string | undefined;

const LONGEST_NAME = 100;

export const anything: Check = () => undefined;

function kind(what: string, test: (value: unknown) => boolean): Check {
  return (value, at) => (test(value) ? undefined : `${at} is no ${what}`);
}

export const text = kind('text', (value) => typeof value === 'string');

/** A whole number. */
export function count(least: number, most: number): Check {
  return kind(
    `whole number from ${least} to ${most}`,
    (value) =>
      Number.isInteger(value) &&
      hasText(value as number) &&
      (value as number) >= least &&
      (value as number) <= most,
  );
}

/**
 * Accepts values that `JSON.stringify` turns into the same text from which they were parsed, even if an attacker has
 * written the text. `-0` and `1e999` are parsed as numbers that JSON can't express, and deeply nested values may
 * overflow the stack.
 */
export const exact: Check = (value, at) => {
  if (typeof value === 'number' && !hasText(value)) return `${at} has a number that JSON has not`;
  let level: unknown[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS_OF_RECORD) return `${at} is nested too deep`;
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue;
      for (const part of Array.isArray(each) ? (each as unknown[]) : Object.values(each)) {
        if (typeof part === 'object') next.push(part);
        else if (typeof part === 'number' && !hasText(part))
          return `${at} has a number that JSON has not`;
      }
    }
    level = next;
  }
  return undefined;
};

function hasText(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

/** Accepts values that all checks accept. */
export function every(...checks: readonly Check[]): Check {
  return (value, at) => {
    for (const check of checks) {
      const problem = check(value, at);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

export function literal(expected: unknown): Check {
  return (value, at) =>
    value === expected ? undefined : `${at} is not ${JSON.stringify(expected)}`;
}

export function oneOf(...allowed: readonly unknown[]): Check {
  return (value, at) =>
    allowed.includes(value)
      ? undefined
      : `${at} is none of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`;
}

export function list(item: Check, least = 0): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at} is no list`;
    if (value.length < least) return `${at} is too short`;
    if (item === anything) return undefined;
    for (const [index, each] of value.entries()) {
      const problem = item(each, `${at}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** Accepts an object with any keys. */
export function dictionary(item: Check): Check {
  return (value, at) => {
    if (!isRecord(value)) return `${at} is no record`;
    for (const [key, each] of Object.entries(value)) {
      const problem = item(each, `${at}[${JSON.stringify(shorten(key))}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

type Fields = Readonly<Record<string, Check>>;

export function record(required: Fields, optional: Fields = {}): Check {
  const known = new Map([...Object.entries(required), ...Object.entries(optional)]);
  const needed = Object.keys(required);
  return (value, at) => {
    if (!isRecord(value)) return `${at} is no record`;
    for (const name of needed) if (!Object.hasOwn(value, name)) return `${at}.${name} is missing`;
    for (const [name, each] of Object.entries(value)) {
      const check = known.get(name);
      const problem =
        check === undefined ? `${at}.${shorten(name)} is not known` : check(each, `${at}.${name}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** Accepts a record with a field that identifies its kind. */
export function union(cases: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    if (!isRecord(value)) return `${at} is no record`;
    for (const [name, check] of Object.entries(cases))
      if (Object.hasOwn(value, name)) return check(value, at);
    return `${at} has none of ${Object.keys(cases).join(', ')}`;
  };
}

/** Shortens a name from outside, for a message. */
function shorten(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
