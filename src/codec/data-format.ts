/**
 * The format of values from untrusted senders: a table in JSON, and bytes beside it.
 *
 *     [root, node, node, …]         the value, and a node for everything that is not plain text, number or boolean
 *
 *     item   "text"  1.5  true  null
 *            [n]                    node n, counted from 0; below 0: values that JSON can't express, see `Special`
 *     node   ["o", key, item, …]    a plain object
 *            ["a", item, …]         an array
 *            ["s", length, key, item, …]   an array with holes, or with properties beside its items; all below length
 *            ["m", item, item, …]   a map: key and value alternate
 *            ["t", item, …]         a set
 *            ["d", ms | null]       a date; null: an invalid one
 *            ["r", source, flags]   a regular expression; see pattern-effort.ts for how many
 *            ["i", "-1f"]           a bigint, in hexadecimal digits
 *            ["w", item]            a primitive as an object: `new Number(1)`; "W", digits: a bigint
 *            ["b", length]          a buffer; its bytes are the next of those beside the table
 *            ["v", class, n, byteOffset, length]   a view of node n, a buffer
 *            ["e", classes, name, message, stack, key, item, …]   an error
 *            ["f", n]               the nth function that the call names
 *
 * **It can't express code.** A table never names a global, a prototype, a getter, a module or a specifier. The only
 * functions are those of a list that the reader is given, each of which the caller has checked. So this table
 * defines everything that can be expressed; nothing depends on a search for forbidden content.
 *
 * Nodes come in any order and refer to each other by number. So a cycle needs no special treatment, and neither side
 * needs more stack for a deeply nested value.
 */

/** A primitive that JSON keeps, or a reference: to a node, or below 0 to one of {@link Special}. */
export type Item = string | number | boolean | null | readonly [number];

/** Values that JSON can't express. */
export const Special = {
  Undefined: -1,
  NaN: -2,
  Infinity: -3,
  NegativeInfinity: -4,
  NegativeZero: -5,
} as const;

/** The kinds of nodes. */
export const NodeKind = {
  Object: 'o',
  Array: 'a',
  Sparse: 's',
  Map: 'm',
  Set: 't',
  Date: 'd',
  RegExp: 'r',
  BigInt: 'i',
  Wrapper: 'w',
  BigIntWrapper: 'W',
  Buffer: 'b',
  View: 'v',
  Error: 'e',
  Function: 'f',
} as const;

/** Properties with fields of their own in an error's node. */
export const errorFields: readonly string[] = ['name', 'message', 'stack'];
/** Further properties of errors that are not enumerable. */
export const hiddenFields: readonly string[] = ['cause', 'errors', 'error', 'suppressed'];

export type Node = readonly [kind: string, ...unknown[]];
export type Table = readonly [root: Item, ...nodes: Node[]];

/** A value as data. */
export interface WrittenData {
  readonly table: Table;
  /** The contents of its buffers, one after the other. */
  readonly bytes: readonly Uint8Array[];
}
