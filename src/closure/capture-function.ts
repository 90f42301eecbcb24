/**
 * Makes the node of a function: a reference to it, or its source with the variables that it uses.
 *
 * A worker imports again what a module imports; it gets copies of values that are defined in place.
 */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { isObject, valueAt } from '../lookup/identity.ts';
import type { Scope } from '../lookup/inspector-session.ts';
import type { Origin } from '../lookup/lookup.ts';
import { moduleScope } from '../lookup/module-source.ts';
import type {
  FunctionForm,
  PackedCode,
  PackedEntries,
  PackedNode,
  PackedValue,
} from '../protocol/packed.ts';
import { type FunctionSyntax, functionSyntax } from '../source/function-syntax.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { own, owns } from '../util/own.ts';
import { functionName, isIdentifier } from '../util/validate.ts';
import type { Packer } from './capture.ts';
import { globalNode } from './capture-object.ts';
import { checkSyntax, wontCompile } from './function-rules.ts';
import type { FreeVariables, Mode } from './free-variables.ts';
import { further, member, nameOf, Refusal, type Trail } from './refusal.ts';
import { startOf } from './source-position.ts';

type SomeFunction = (...args: never[]) => unknown;

/** Names in the packed source for expressions that are only valid inside a module or a class. */
const SUPER = '$cf_super';
const META = '$cf_meta';

function unusedName(name: string, source: string): string {
  return source.includes(name) ? unusedName(`${name}_`, source) : name;
}

/** Vite's variables for imports. For a mocked module the value is a proxy. */
const VITE_IMPORT = /^__vi(?:te_ssr)?_import_\d+__$/;

const MOST_SYNTAXES = 1000;
const syntaxes = new BoundedMap<string, FunctionSyntax>(MOST_SYNTAXES);

/** Names in scopes that can't be declared as variables. */
const RESERVED = /^(let|yield|eval|arguments|this|new\.target|\..*)$/;
/** Further names that can't be declared in strict code. */
const RESERVED_STRICTLY = /^(implements|interface|package|private|protected|public|static|await)$/;

const OWN_KEYS = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller']);

export class FunctionCapture {
  readonly #packer: Packer;

  constructor(packer: Packer) {
    this.#packer = packer;
  }

  node(fn: SomeFunction, trail: Trail): PackedNode {
    if (types.isProxy(fn))
      throw new Refusal(
        'ERR_PROXY',
        `Can't send a Proxy of a function. Pass the function itself.`,
        trail,
      );
    const { lookup, tagOf } = this.#packer.tools;
    const tag = tagOf(fn);
    if (tag !== undefined) return { k: 'reference', at: tag };
    const found = lookup.find(fn);
    if (owns(found, 'builtin')) return globalNode(found.builtin);
    const { origin } = found;
    if (origin === undefined) throw notReachable(fn, trail);
    const { bound, location } = origin.sight;
    if (bound !== undefined) return this.#bound(fn, bound, trail);
    const loader = this.#loader(fn, origin);
    if (loader !== undefined) return loader;
    if (location === undefined || origin.url?.startsWith('node:') === true)
      throw new Refusal(
        'ERR_NATIVE',
        `Can't send ${nameOf(fn)}: it is native code that no worker could find by name. Wrap it in a function that calls it.`,
        trail,
      );
    return this.#closure(fn, origin, trail);
  }

  #bound(fn: SomeFunction, bound: NonNullable<Origin['sight']['bound']>, trail: Trail): PackedNode {
    const part = (value: unknown, step: string): PackedValue =>
      this.#packer.value(value, further(trail, step));
    return {
      k: 'bound',
      target: part(bound.target, 'the function it is bound from'),
      self: part(bound.self, 'the object it is bound to'),
      args: bound.args.map((each, index) => part(each, `bound argument ${index + 1}`)),
      name: functionName(fn),
    };
  }

  /** The node of a `require` function that a module loader gave to its module. */
  #loader(fn: SomeFunction, { url }: Origin): PackedNode | undefined {
    if (functionName(fn) !== 'require' || !isRequire(fn) || url?.startsWith('node:') !== true)
      return undefined;
    const paths: unknown = fn.resolve.paths('./x');
    const folder = Array.isArray(paths) ? String(paths[0]) : process.cwd();
    return { k: 'require', url: `${folder}/` };
  }

  #closure(fn: SomeFunction, origin: Origin, trail: Trail): PackedNode {
    const { source, scopes, location } = origin.sight;
    const syntax = syntaxOf(source);
    checkSyntax(fn, syntax, trail);
    const { file, text, extra } = this.#prepared(fn, origin, syntax, source);
    const form = formOf(syntax);
    const mode = modeOf(fn, origin, syntax, this.#packer);
    const around = namesAround(scopes, syntax, mode, origin.url);
    const names = [...around.keys(), ...extra.keys()];
    let variables: FreeVariables;
    try {
      variables = this.#packer.tools.finder.find(syntax, text, form, names, mode);
    } catch (error) {
      throw wontCompile(fn, error, trail);
    }
    const values = variables.names.map((name) => {
      const step = further(trail, `captured variable '${name}'`);
      const ready = extra.get(name);
      if (ready !== undefined) return ready(step);
      return this.#variable(name, around.get(name) as Scope, origin, syntax, step);
    });
    const start = startOf(source, syntax.kind, location);
    const assigned = variables.names.filter(
      (name) => syntax.assigned.has(name) && !holdsFunction(around.get(name), name),
    );
    const code: PackedCode = {
      source: text,
      form,
      strict: variables.strict,
      file,
      line: start.line,
      column: start.column,
      imports: syntax.importsDynamically,
      names: variables.names,
      assigned,
    };
    const entries = this.#entries(fn, trail);
    const prototype = this.#prototype(fn, syntax, trail);
    return {
      k: 'closure',
      name: functionName(fn),
      code,
      values,
      ...(entries.length === 0 ? {} : { entries }),
      ...(prototype === undefined ? {} : { prototype }),
    };
  }

  /** The source, in which names replace expressions that are only valid inside its module or class. */
  #prepared(
    fn: SomeFunction,
    { url }: Origin,
    { metas, heritage, kind }: FunctionSyntax,
    source: string,
  ): { file: string; text: string; extra: Map<string, (trail: Trail) => PackedValue> } {
    const extra = new Map<string, (trail: Trail) => PackedValue>();
    const meta = unusedName(META, source);
    const cuts: [number, number, string][] = metas.map(([from, to]) => [from, to, meta]);
    if (metas.length > 0) extra.set(meta, () => this.#packer.node({ k: 'meta', url: url ?? '' }));
    if (kind === 'class' && heritage !== undefined && source.slice(...heritage).trim() !== 'null') {
      const parent = unusedName(SUPER, source);
      cuts.push([...heritage, ` ${parent} `]);
      extra.set(parent, (trail) =>
        this.#packer.value(Object.getPrototypeOf(fn), further(trail.up, 'the class it extends')),
      );
    }
    let text = source;
    for (const [from, to, name] of cuts.toSorted((a, b) => b[0] - a[0])) {
      const inside = cuts.some(([start, end]) => start < from && to < end);
      if (!inside) text = text.slice(0, from) + name + text.slice(to);
    }
    return { file: url ?? '', text, extra };
  }

  #variable(
    name: string,
    scope: Scope,
    origin: Origin,
    syntax: FunctionSyntax,
    trail: Trail,
  ): PackedValue {
    const { url, sight } = origin;
    const imported = scope === moduleScope(sight.scopes) ? this.#imported(name, url) : undefined;
    if (imported !== undefined) return this.#packer.node(imported);
    let value: unknown;
    try {
      value = Reflect.get(scope.object, name);
    } catch {
      throw new Refusal(
        'ERR_TDZ',
        `Can't send a function that uses '${name}' before that has a value. Submit it after the declaration has run.`,
        trail,
      );
    }
    if (name === '__vite_ssr_dynamic_import__' && url !== undefined)
      return this.#packer.node({ k: 'importer', url: asUrl(url) });
    if (name === '__vite_ssr_import_meta__' && url !== undefined)
      return this.#packer.node({ k: 'meta', url: asUrl(url) });
    if (name === 'require' && url !== undefined && isRequire(value))
      return this.#packer.node({ k: 'require', url: asUrl(url) });
    const members =
      isObject(value) && this.#isModuleLike(name, value) ? syntax.membersOf(name) : undefined;
    if (members !== undefined) return this.#members(value as object, members, trail);
    return this.#packer.root(value, trail);
  }

  /** The node of a variable that the module has imported, so that the worker imports it, too. */
  #imported(name: string, url: string | undefined): PackedNode | undefined {
    if (url === undefined) return undefined;
    const binding = this.#packer.tools.lookup.syntaxOf(url)?.imports.get(name);
    // Data that is imported (by an import attribute) travels as data.
    if (binding === undefined || /\.(json|txt|html|css)$/.test(binding.specifier)) return undefined;
    return { k: 'import', from: url, specifier: binding.specifier, name: binding.name };
  }

  /** True for a module of which only the used exports are sent, because it has no reference as a whole. */
  #isModuleLike(name: string, value: object): boolean {
    const { lookup } = this.#packer.tools;
    if (VITE_IMPORT.test(name)) return true;
    if (types.isProxy(value)) {
      // Module loaders give out proxies of modules. No trap of any other proxy is run.
      const target = lookup.targetOf(value);
      if (!isObject(target) || types.isProxy(target)) return false;
      return isModuleLike(target) || lookup.commonjsModule(target) !== undefined;
    }
    if (name === 'module' && value instanceof process.getBuiltinModule('node:module')) return true;
    return isModuleLike(value) && lookup.commonjsModule(value) === undefined;
  }

  /** The members of a module that the source uses. The others are not sent: they may be anything. */
  #members(module: object, members: ReadonlySet<string>, trail: Trail): PackedValue {
    const entries: PackedValue[] = [];
    for (const key of members) {
      const value: unknown = Reflect.get(module, key);
      entries.push(key, this.#packer.root(value, further(trail, member(key))));
    }
    return this.#packer.node({ k: 'object', proto: undefined, entries });
  }

  #entries(fn: SomeFunction, trail: Trail): PackedEntries {
    const entries: PackedValue[] = [];
    for (const key of Reflect.ownKeys(fn)) {
      const property = Object.getOwnPropertyDescriptor(fn, key);
      if (OWN_KEYS.has(key) || property?.enumerable !== true || !Object.hasOwn(property, 'value'))
        continue;
      const step = further(trail, member(key));
      entries.push(this.#packer.value(key, step), this.#packer.root(property.value, step));
    }
    return entries;
  }

  /** Properties that were added to the prototype from outside, as in classes of the time before `class`. */
  #prototype(fn: SomeFunction, { kind }: FunctionSyntax, trail: Trail): PackedValue | undefined {
    const prototype = valueAt(fn, 'prototype', false);
    if (!isObject(prototype) || (kind !== 'function' && kind !== 'class')) return undefined;
    const isBare = kind === 'class' || Object.getPrototypeOf(prototype) === Object.prototype;
    const added = Reflect.ownKeys(prototype).some(
      (key) =>
        key !== 'constructor' &&
        Object.getOwnPropertyDescriptor(prototype, key)?.enumerable === true,
    );
    const isGenerator = !Object.hasOwn(prototype, 'constructor');
    if ((isBare || isGenerator) && !added) return undefined;
    return this.#packer.body(prototype, further(trail, '.prototype'));
  }
}

function syntaxOf(source: string): FunctionSyntax {
  let syntax = syntaxes.get(source);
  if (syntax === undefined) {
    syntax = functionSyntax(source);
    syntaxes.set(source, syntax);
  }
  return syntax;
}

function formOf({ kind }: FunctionSyntax): FunctionForm {
  if (kind === 'getter' || kind === 'setter') return kind;
  return kind === 'method' ? 'member' : 'expression';
}

/** The variables that the source may refer to, each with the innermost scope that defines it. */
function namesAround(
  scopes: readonly Scope[],
  { names }: FunctionSyntax,
  mode: Mode,
  url: string | undefined,
): Map<string, Scope> {
  const around = new Map<string, Scope>();
  const isReserved = (name: string): boolean =>
    RESERVED.test(name) || (mode === 'strict' && RESERVED_STRICTLY.test(name));
  const add = (scope: Scope, has: (name: string) => boolean): void => {
    for (const name of names)
      if (!around.has(name) && !isReserved(name) && has(name)) around.set(name, scope);
  };
  for (const scope of scopes) add(scope, (name) => Object.hasOwn(scope.object, name));
  const hasFile = url !== undefined && (isAbsolute(url) || url.startsWith('file:'));
  if (!hasFile) add({ description: 'Global', object: globalThis }, isDeclaredGlobally);
  return around;
}

/** Helpers of compilers replace themselves at their first call. Losing such an assignment does no harm. */
function holdsFunction(scope: Scope | undefined, name: string): boolean {
  return scope !== undefined && typeof valueAt(scope.object, name, false) === 'function';
}

const callerProperty = Object.getOwnPropertyDescriptor(Function.prototype, 'caller');

/**
 * True for plain functions of sloppy code: `caller` is an own property, or in newer engines a getter of all
 * functions.
 */
function showsCaller(fn: SomeFunction): boolean {
  if (Object.hasOwn(fn, 'caller')) return true;
  try {
    callerProperty?.get?.call(fn);
    return callerProperty?.get !== undefined;
  } catch {
    return false;
  }
}

/**
 * True for a `var` or `function` at the top of a script without a file (`--eval`, the REPL): it is a property of the
 * global object that can't be deleted. Properties that were assigned can be deleted.
 */
function isDeclaredGlobally(name: string): boolean {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  return property?.configurable === false && property.writable === true;
}

function modeOf(
  fn: SomeFunction,
  { url, sight }: Origin,
  { kind }: FunctionSyntax,
  { tools }: Packer,
): Mode {
  if (moduleScope(sight.scopes) !== undefined || kind === 'class') return 'strict';
  if (showsCaller(fn)) return 'sloppy';
  if (
    kind === 'function' &&
    /^function\b/.test(sight.source) &&
    !/^function\s*\*/.test(sight.source)
  )
    return 'strict';
  const syntax = url === undefined ? undefined : tools.lookup.syntaxOf(asUrl(url));
  return syntax === undefined ? 'unknown' : syntax.strict ? 'strict' : 'sloppy';
}

function asUrl(script: string): string {
  return isAbsolute(script) ? pathToFileURL(script).href : script;
}

/** True for the `require` of a module, made by Node or by a test runner. */
function isRequire(value: unknown): value is NodeJS.Require {
  return (
    typeof value === 'function' &&
    typeof valueAt(value, 'resolve', false) === 'function' &&
    valueAt(value, 'cache', false) !== undefined
  );
}

function isModuleLike(value: object): boolean {
  if (types.isModuleNamespaceObject(value)) return true;
  if (
    valueAt(value, '__esModule', false) === true ||
    valueAt(value, Symbol.toStringTag, false) === 'Module'
  )
    return true;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key === 'default' || isBundledExport(value, key));
}

/**
 * True for an export in a bundle: a getter that is fixed or is an arrow function. A plain object's getters run in
 * the worker only.
 */
function isBundledExport(value: object, key: string): boolean {
  const property = Object.getOwnPropertyDescriptor(value, key);
  const getter = property === undefined ? undefined : own(property, 'get');
  if (typeof getter !== 'function') return false;
  return property?.configurable === false || functionName(getter) !== `get ${key}`;
}

function notReachable(fn: SomeFunction, trail: Trail): Refusal {
  const known = functionName(fn);
  const name = isIdentifier(known) ? known : 'f';
  return new Refusal(
    'ERR_NOT_REACHABLE',
    `Can't send ${nameOf(fn)}: this runtime can't look inside functions, and no loaded module exports it. Export it and call ` +
      `pool.module(new URL('./x.js', import.meta.url)).${name}(…), or tag it: export const ${name} = task(import.meta.url, ${name}).`,
    trail,
  );
}
