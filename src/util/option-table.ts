/**
 * A set of options as one table: what each option may be, and what stands for it if it is left out.
 *
 *     const table = {
 *       timeout: { check: checkTimeout, default: Infinity },
 *       queue: { resolve: queueNames },
 *     } satisfies OptionTable<Options>;
 *
 * The known names, the checks and the settings follow from the table. `satisfies` makes the compiler refuse a table
 * that has no entry for an option of the interface, or an entry for no option.
 */
import { bare, isRoot } from './bare.ts';
import { getPrototypeOf, hasOwn, join, objectKeys, reflectGet } from './primordials.ts';
import { invalidType, unknownOption } from './validate.ts';

/** @throws TypeError, RangeError naming the option. */
export type OptionCheck = (name: string, value: unknown) => void;

/** An option that is passed on as it is given. `default` may be a getter; it is read if the option is left out. */
interface CheckedOption<T> {
  readonly check: OptionCheck;
  readonly default: T | undefined;
}

/** An option that becomes something else. `resolve` checks it, and has the default. */
interface ResolvedOption<T> {
  readonly resolve: (given: T | undefined) => unknown;
}

/** An option without a default: the check gets `undefined` if it is left out, and refuses it. */
interface RequiredOption {
  readonly check: OptionCheck;
}

/** One entry for each option of `O`. */
export type OptionTable<O extends object> = {
  readonly [K in keyof O]-?: undefined extends O[K]
    ? CheckedOption<O[K]> | ResolvedOption<O[K]>
    : RequiredOption;
};

/** The options of `O` with everything filled in as the table `T` has it. */
export type Resolved<O extends object, T extends OptionTable<O>> = {
  readonly [K in keyof T]: T[K] extends { readonly resolve: (...given: never[]) => infer R }
    ? R
    : K extends keyof O
      ? T[K] extends { readonly default: infer D }
        ? Exclude<O[K], undefined> | D
        : O[K]
      : never;
};

/** An entry as it is found by name. What it does not have itself is not to be looked up in `Object.prototype`. */
type AnyOption = CheckedOption<unknown> & ResolvedOption<unknown>;

/**
 * Reads an options object, each option once, and checks what was read. A forgotten object is fine; a number or a function
 * in its place is a mistake.
 *
 * Options may be inherited, as an `AbortController` inherits its `signal` from its class, but not from
 * `Object.prototype`: nobody has given those.
 *
 * @param set - the name of the object in messages: `options`, or the option whose value it is.
 * @returns the options that are given and not undefined, in an object without a prototype.
 * @throws TypeError, RangeError naming the option that is wrong or not known.
 */
export function readOptions<O extends object>(
  set: string,
  given: O | undefined,
  table: OptionTable<O>,
): O {
  const read: Record<string, unknown> = bare({});
  if (given === undefined) return read as O;
  if (typeof given !== 'object' || given === null) throw invalidType(set, 'an object', given);
  const names = objectKeys(table);
  const keys = objectKeys(given);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (!hasOwn(table, key)) throw unknownOption(set, key, join(names, ', '));
  }
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = isGiven(given, name) ? (reflectGet(given, name) as unknown) : undefined;
    if (value !== undefined) read[name] = value;
  }
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    checkOption(set === 'options' ? name : `${set}.${name}`, read[name], entryIn(table, name));
  }
  return read as O;
}

/** {@link readOptions}, and fills in what is left out. @returns an object without a prototype. */
export function resolveOptions<O extends object, T extends OptionTable<O>>(
  given: O | undefined,
  table: T & OptionTable<O>,
): Resolved<O, T> {
  const options = readOptions<O>('options', given, table) as Record<string, unknown>;
  const names = objectKeys(table);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const entry = entryIn(table, name);
    if (hasOwn(entry, 'resolve')) options[name] = entry.resolve(options[name]);
    else if (options[name] === undefined && hasOwn(entry, 'default')) options[name] = entry.default;
  }
  return options as Resolved<O, T>;
}

function entryIn(table: object, name: string): AnyOption {
  return (table as Readonly<Record<string, AnyOption>>)[name] as AnyOption;
}

function checkOption(name: string, value: unknown, entry: AnyOption): void {
  if (hasOwn(entry, 'resolve')) return;
  if (value !== undefined || !hasOwn(entry, 'default')) entry.check(name, value);
}

function isGiven(options: object, name: string): boolean {
  for (let each: object | null = options; each !== null; each = getPrototypeOf(each)) {
    if (isRoot(each, options)) return false;
    if (hasOwn(each, name)) return true;
  }
  return false;
}
