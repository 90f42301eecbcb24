/**
 * A function that travels by value, and whatever travels with it, as data that can be cloned.
 *
 * A table of nodes, so that cycles, shared objects and lists of any depth need no recursion on either
 * side. Plain data lies in it as it is: the platform's own cloning carries it faster than anything
 * written by hand, and keeps the identity of what several nodes refer to.
 */
import type { FunctionReference } from './messages.ts';

/** A primitive as such, or the node that stands for everything else. */
export type PackedValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | { readonly n: number };

/** Data properties: key (a string, or the node of a symbol) and value in turn. */
export type PackedEntries = readonly PackedValue[];

/** `get` and `set` of a property; further properties of an object are data. */
export interface PackedAccessor {
  readonly key: PackedValue;
  readonly get: PackedValue;
  readonly set: PackedValue;
  readonly enumerable: boolean;
}

/** What the source of a function is, which decides how it is evaluated. */
export type FunctionForm = 'expression' | 'member' | 'getter' | 'setter';

/** Source text, with all that evaluating it again needs. The same for all closures that it makes. */
export interface PackedCode {
  readonly source: string;
  readonly form: FunctionForm;
  readonly strict: boolean;
  /** Where it begins in the file it comes from, counted from 0; stack traces say so. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Whether it contains `import(…)`. */
  readonly imports: boolean;
  /** What it takes from outside, in the order of a closure's `values`. */
  readonly names: readonly string[];
  /**
   * Those of them that it assigns to somewhere, which is refused there. One that holds a function is not among
   * them: helpers of compilers replace themselves when they are first called.
   */
  readonly assigned: readonly string[];
}

export interface PackedClosure {
  readonly k: 'closure';
  readonly name: string;
  readonly code: PackedCode;
  readonly values: readonly PackedValue[];
  /** Own properties; static ones of a class. */
  readonly entries?: PackedEntries;
  /** What `new` gives its instances, where that is not what the source says. */
  readonly prototype?: PackedValue;
}

export interface PackedObject {
  readonly k: 'object';
  /** The prototype; undefined: that of all objects. */
  readonly proto: PackedValue;
  readonly entries: PackedEntries;
  readonly accessors?: readonly PackedAccessor[];
  readonly level?: 'frozen' | 'sealed' | 'fixed';
}

export type PackedNode =
  | { readonly k: 'data'; readonly value: unknown }
  /** Of a class of the program's that extends one whose instances cloning carries: `Date`, typed arrays. */
  | {
      readonly k: 'extended';
      readonly value: object;
      readonly proto: PackedValue;
      readonly entries: PackedEntries;
    }
  | { readonly k: 'reference'; readonly at: FunctionReference }
  /** Something that every thread has under this name: `Math.max`, `process`. */
  | { readonly k: 'global'; readonly path: readonly string[] }
  /** What a module imports under a name of its own; `name` is `*` for all of it. */
  | {
      readonly k: 'import';
      readonly from: string;
      readonly specifier: string;
      readonly name: string;
    }
  /** The exports of a CommonJS module, or of one of Node's own. */
  | { readonly k: 'module'; readonly url: string }
  /** The `require` of a CommonJS module. */
  | { readonly k: 'require'; readonly url: string }
  /** `import.meta` of a module. */
  | { readonly k: 'meta'; readonly url: string }
  /** A function that does `import()` as a module does. */
  | { readonly k: 'importer'; readonly url: string }
  /** The prototype of a class, or a function's. */
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
      /** Indices and further keys. */
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
      /** Message and name of a DOMException, which only its constructor can set. */
      readonly dom?: readonly [message: string, name: string];
    }
  | { readonly k: 'url' | 'search'; readonly text: string }
  | { readonly k: 'buffer'; readonly view: Uint8Array };

/** The function of a call, and of its arguments those that need the table. */
export interface Packed {
  readonly nodes: readonly PackedNode[];
  readonly fn: PackedValue;
  /** Left out: they are what follows in the argument list. */
  readonly args?: readonly PackedValue[];
}
