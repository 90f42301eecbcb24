/**
 * A function that travels by value, together with its captured values, as data that can be cloned.
 *
 * The data is a table of nodes, so that cycles, shared objects and lists of any depth need no recursion on either
 * side. Plain data is stored in it unchanged: structured cloning carries it faster than any code of ours, and keeps
 * the identity of objects that several nodes refer to.
 */
import type { FunctionReference } from './messages.ts';

/** A primitive, or the index of the node for any other value. */
export type PackedValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | { readonly n: number };

/** Data properties: key (a string, or the node of a symbol) and value alternate. */
export type PackedEntries = readonly PackedValue[];

/** A property with `get` and `set`. All other properties of an object are data. */
export interface PackedAccessor {
  readonly key: PackedValue;
  readonly get: PackedValue;
  readonly set: PackedValue;
  readonly enumerable: boolean;
}

/** The syntactic form of a function's source, which decides how it is evaluated. */
export type FunctionForm = 'expression' | 'member' | 'getter' | 'setter';

/** Source text, with everything that evaluating it again needs. All closures over the same source share it. */
export interface PackedCode {
  readonly source: string;
  readonly form: FunctionForm;
  readonly strict: boolean;
  /** The position of the source in its file, counted from 0; stack traces show it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** True if the source contains `import(…)`. */
  readonly imports: boolean;
  /** The names that the source takes from outside, in the order of a closure's `values`. */
  readonly names: readonly string[];
  /**
   * Those of the names that the source assigns to; in the worker such an assignment throws. Names that hold a
   * function are left out, because helpers of compilers replace themselves at their first call.
   */
  readonly assigned: readonly string[];
}

export interface PackedClosure {
  readonly k: 'closure';
  readonly name: string;
  readonly code: PackedCode;
  readonly values: readonly PackedValue[];
  /** Own properties; for a class its static properties. */
  readonly entries?: PackedEntries;
  /** The prototype of its instances, if it is not the one that the source creates. */
  readonly prototype?: PackedValue;
}

export interface PackedObject {
  readonly k: 'object';
  /** The prototype; undefined for that of all objects. */
  readonly proto: PackedValue;
  readonly entries: PackedEntries;
  readonly accessors?: readonly PackedAccessor[];
  readonly level?: 'frozen' | 'sealed' | 'fixed';
}

export type PackedNode =
  | { readonly k: 'data'; readonly value: unknown }
  /** An instance of a program's class that extends a class whose instances can be cloned: `Date`, typed arrays. */
  | {
      readonly k: 'extended';
      readonly value: object;
      readonly proto: PackedValue;
      readonly entries: PackedEntries;
    }
  | { readonly k: 'reference'; readonly at: FunctionReference }
  /** Every thread has this value under this name: `Math.max`, `process`. */
  | { readonly k: 'global'; readonly path: readonly string[] }
  /** The value that a module imports as `name`; `*` for the whole namespace. */
  | {
      readonly k: 'import';
      readonly from: string;
      readonly specifier: string;
      readonly name: string;
    }
  /** The exports of a CommonJS module, or of one of Node's own modules. */
  | { readonly k: 'module'; readonly url: string }
  /** The `require` of a CommonJS module. */
  | { readonly k: 'require'; readonly url: string }
  /** `import.meta` of a module. */
  | { readonly k: 'meta'; readonly url: string }
  /** A function that performs `import()` relative to a module. */
  | { readonly k: 'importer'; readonly url: string }
  /** The prototype object of a class or a function. */
  | { readonly k: 'prototype'; readonly of: PackedValue }
  | {
      readonly k: 'bound';
      readonly target: PackedValue;
      readonly self: PackedValue;
      readonly args: readonly PackedValue[];
      readonly name: string;
    }
  | { readonly k: 'symbol'; readonly key: string; readonly how: 'shared' | 'known' | 'own' }
  | PackedClosure
  | PackedObject
  | {
      readonly k: 'array';
      readonly proto: PackedValue;
      readonly length: number;
      /** Indices and other keys. */
      readonly entries: PackedEntries;
      readonly level?: PackedObject['level'];
    }
  | {
      readonly k: 'map' | 'set';
      readonly proto: PackedValue;
      readonly items: readonly PackedValue[];
      readonly entries: PackedEntries;
    }
  | {
      readonly k: 'error';
      readonly proto: PackedValue;
      readonly entries: PackedEntries;
      /** Message and name of a DOMException: only its constructor can set them. */
      readonly dom?: readonly [message: string, name: string];
    }
  | { readonly k: 'url' | 'search'; readonly text: string }
  | { readonly k: 'buffer'; readonly view: Uint8Array };

/** The function of a call, and its arguments if they need the table. */
export interface Packed {
  readonly nodes: readonly PackedNode[];
  readonly fn: PackedValue;
  /** Undefined if the arguments follow in the argument list. */
  readonly args?: readonly PackedValue[];
}
