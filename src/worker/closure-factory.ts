/**
 * Evaluates source text with the variables that it takes from outside.
 *
 * A generator, because some of the variables may come later: it declares those that are there, yields the
 * function, and declares the others when it is resumed. Until then they are what variables are before
 * their declaration. The script of each factory is compiled once and kept, so that all closures of one
 * source share what the engine has learned about it, and says the name and the line of the original
 * file, which is where stack traces point.
 */
import { constants, Script } from 'node:vm';
import { PicklingError } from '../errors.ts';
import type { PackedClosure, PackedCode, PackedValue } from '../protocol/packed.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { isThenable } from '../util/thenable.ts';
import type { AnyFunction } from './import-function.ts';

type Factory = (...ready: unknown[]) => Generator<unknown, void, unknown[]>;

/** A closure that some of its variables are still missing of. */
export interface Unfinished {
  readonly late: readonly PackedValue[];
  readonly finish: (values: unknown[]) => void;
}

interface Variable {
  readonly name: string;
  /** Given when the function is there. */
  readonly late: boolean;
  /** The source assigns to it, which must not pass unnoticed. */
  readonly constant: boolean;
}

const MOST_FACTORIES = 1000;
/** What is longer than that is not put in front of the first line to get its column right. */
const WIDEST = 2000;
const factories = new BoundedMap<string, Factory>(MOST_FACTORIES);

export function makeClosure(
  { code, name, values }: PackedClosure,
  isLate: readonly boolean[],
  ready: unknown[],
): { fn: AnyFunction; unfinished: Unfinished | undefined } {
  const variables = code.names.map((variable, index) => ({
    name: variable,
    late: isLate[index] === true,
    constant: code.assigned.includes(variable),
  }));
  const run = factoryFor(code, variables)(...ready);
  const made = run.next([]).value;
  const fn = guard(valueOf(made, code), code);
  const given = Object.getOwnPropertyDescriptor(fn, 'name');
  // A class may have a static member of that name.
  const isName = given === undefined || typeof given.value === 'string';
  if (isName && given?.value !== name)
    Object.defineProperty(fn, 'name', { value: name, configurable: true });
  const late = values.filter((_, i) => isLate[i] === true);
  if (late.length === 0) return { fn, unfinished: undefined };
  return { fn, unfinished: { late, finish: (rest) => void run.next(rest) } };
}

/** Of a method, the object that it was evaluated in has it. */
function valueOf(made: unknown, { form }: PackedCode): AnyFunction {
  if (form === 'expression') return made as AnyFunction;
  const holder = made as object;
  const [key] = Reflect.ownKeys(holder);
  const property = Object.getOwnPropertyDescriptor(holder, key as PropertyKey);
  const part = form === 'getter' ? 'get' : form === 'setter' ? 'set' : 'value';
  return Reflect.get(property ?? {}, part) as AnyFunction;
}

function factoryFor(code: PackedCode, variables: readonly Variable[]): Factory {
  const { source, strict, form, file, line, column } = code;
  const names = variables.map(({ name, late, constant }) => `${name}${late}${constant}`);
  const key = `${file}:${line}:${column} ${strict} ${form} ${names.join()} ${source}`;
  let factory = factories.get(key);
  if (factory === undefined) {
    factory = compile(code, variables);
    factories.set(key, factory);
  }
  return factory;
}

/**
 * Variables are parameters, which the engine reads without asking whether they have a value yet. Those that
 * the source assigns to are constants, so that the assignment throws; and those that a class has to wait for
 * are not there before they are, which is how it is found out that it has to.
 */
function compile(
  { source, form, strict, file, line, column, imports }: PackedCode,
  variables: readonly Variable[],
): Factory {
  const ofClass = source.startsWith('class');
  const named = (matches: (variable: Variable) => boolean): string[] =>
    variables.filter(matches).map(({ name }) => name);
  const isConstant = ({ late, constant }: Variable): boolean => constant || (late && ofClass);
  let own = '$cf';
  while (source.includes(own) || variables.some(({ name }) => name.includes(own))) own += '_';
  const ready = variables.filter(({ late }) => !late);
  const given = ready.map((each, index) => (isConstant(each) ? `${own}${index}` : each.name));
  const declarations = ready.flatMap((each, index) =>
    isConstant(each) ? [`const ${each.name}=${own}${index};`] : [],
  );
  const later = named((each) => each.late && !isConstant(each));
  const order = named(({ late }) => late);
  const late = order.map((name, index) => {
    const assignment = `${name}=${own}[${index}];`;
    return later.includes(name) ? assignment : `const ${assignment}`;
  });
  // Only where it is needed: in stack traces the engine names a function without a name by it.
  const receiver = late.length === 0 ? '' : `const ${own}=`;
  const [open, close] = form === 'expression' ? ['', ''] : ['{', '}'];
  const indent = ' '.repeat(column > WIDEST ? 0 : column);
  const head = `(function*(${[...given, ...later].join()}){${strict ? '"use strict";' : ''}${declarations.join('')}`;
  const text = `${head}${receiver}yield(0,${open}\n${indent}${source}\n${close});${late.join('')}})`;
  return loadScript(text, {
    filename: file === '' ? 'concurrent-futures:function' : file,
    lineOffset: line - 1,
    ...(imports ? { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER } : {}),
  }) as Factory;
}

type ScriptOptions = Exclude<ConstructorParameters<typeof Script>[1], string | undefined>;

const NEWS = 'vm.USE_MAIN_CONTEXT_DEFAULT_LOADER';
let silenced = false;

/** Runs a script; without the warning that the way in which it imports is new, which is our affair. */
export function loadScript(text: string, options: ScriptOptions): unknown {
  if (!silenced && 'importModuleDynamically' in options) {
    silenced = true;
    const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
    process.emitWarning = (warning: unknown, ...rest: unknown[]) => {
      if (!String(warning).startsWith(NEWS)) emitWarning(warning, ...rest);
    };
  }
  return new Script(text, options).runInThisContext();
}

/** Says what an assignment to a captured variable means, which throws the language's own error. */
function guard(fn: AnyFunction, { assigned }: PackedCode): AnyFunction {
  if (assigned.length === 0 || isClass(fn)) return fn;
  const explain = (error: unknown): never => {
    if (!(error instanceof TypeError) || error.message !== 'Assignment to constant variable.')
      throw error;
    throw new PicklingError(
      `The function assigns to '${assigned.join("', '")}', a variable outside itself. It runs in another thread or process, ` +
        'so the change would be lost: return the value instead.',
      { code: 'ERR_READONLY_CAPTURE', cause: error },
    );
  };
  const guarded = function (this: unknown, ...args: unknown[]): unknown {
    try {
      const result = fn.apply(this, args);
      return isThenable(result) ? Promise.resolve(result).catch(explain) : result;
    } catch (error) {
      return explain(error);
    }
  };
  return Object.defineProperties(guarded, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
}

function isClass(fn: AnyFunction): boolean {
  return Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false;
}
