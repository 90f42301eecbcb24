/**
 * Evaluates source text with the variables that it takes from outside.
 *
 * The factory is a generator, because some variables may come later: it declares those that are available, yields
 * the function, and declares the others when it is resumed. Until then they are like variables before their
 * declaration. Each factory's script is compiled once and kept, so that all closures of one source share the
 * engine's optimizations. The script has the name and the line of the original file, to which stack traces point.
 */
import { isNativeError } from 'node:util/types';
import { PicklingError } from '../errors.ts';
import type { PackedClosure, PackedCode, PackedValue } from '../protocol/packed.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import {
  append,
  apply,
  filter,
  getOwnPropertyDescriptor,
  includes,
  isInstance,
  join,
  map,
  mustDefine,
  ownKeys,
  repeat,
  resume,
  startsWith,
  stringIncludes,
  TrueTypeError,
} from '../util/primordials.ts';
import { isThenable } from '../util/thenable.ts';
import type { AnyFunction } from './import-function.ts';
import { loadScript } from './load-script.ts';

type Factory = (...ready: unknown[]) => Generator<unknown, void, unknown[]>;

/** A closure that lacks some of its variables. */
export interface Unfinished {
  readonly late: readonly PackedValue[];
  readonly finish: (values: unknown[]) => void;
}

interface Variable {
  readonly name: string;
  /** True if its value comes after the function was created. */
  readonly late: boolean;
  /** True if the source assigns to it. Such an assignment throws, so that it is not lost silently. */
  readonly constant: boolean;
}

const MOST_FACTORIES = 1000;
/** Longer indentations are left out. An indentation makes the column of the first line right. */
const WIDEST = 2000;
const factories = new BoundedMap<string, Factory>(MOST_FACTORIES);

export function makeClosure(
  { code, name, values }: PackedClosure,
  isLate: readonly boolean[],
  ready: unknown[],
): { fn: AnyFunction; unfinished: Unfinished | undefined } {
  const variables = map(code.names, (variable, index) => ({
    name: variable,
    late: isLate[index] === true,
    constant: includes(code.assigned, variable),
  }));
  const run = apply(factoryFor(code, variables), undefined, ready);
  const made = resume(run, []).value;
  const fn = guard(valueOf(made, code), code);
  const given = getOwnPropertyDescriptor(fn, 'name');
  // A class may have a static member with that name.
  const isName = given === undefined || typeof given.value === 'string';
  if (isName && given?.value !== name)
    mustDefine(fn, 'name', { __proto__: null, value: name, configurable: true });
  const late = filter(values, (_, i) => isLate[i] === true);
  if (late.length === 0) return { fn, unfinished: undefined };
  return { fn, unfinished: { late, finish: (rest) => void resume(run, rest) } };
}

/** The function itself. A method or accessor is read from the object that it was evaluated in. */
function valueOf(made: unknown, { form }: PackedCode): AnyFunction {
  if (form === 'expression') return made as AnyFunction;
  const holder = made as object;
  const property = getOwnPropertyDescriptor(holder, ownKeys(holder)[0] as PropertyKey);
  const part = form === 'getter' ? 'get' : form === 'setter' ? 'set' : 'value';
  return property?.[part] as AnyFunction;
}

function factoryFor(code: PackedCode, variables: readonly Variable[]): Factory {
  const { source, strict, form, file, line, column } = code;
  const names = map(variables, ({ name, late, constant }) => `${name}${late}${constant}`);
  const key = `${file}:${line}:${column} ${strict} ${form} ${join(names, ',')} ${source}`;
  let factory = factories.get(key);
  if (factory === undefined) {
    factory = compile(code, variables);
    factories.set(key, factory);
  }
  return factory;
}

/**
 * Variables are parameters, which the engine reads without a check for a missing value. There are two exceptions.
 * Those that the source assigns to are constants, so that the assignment throws. Those that a class needs and that
 * come later are declared later, so that the early use throws, which shows that the class has to wait.
 */
function compile(
  { source, form, strict, file, line, column, imports }: PackedCode,
  variables: readonly Variable[],
): Factory {
  const ofClass = startsWith(source, 'class');
  const isConstant = ({ late, constant }: Variable): boolean => constant || (late && ofClass);
  let own = '$cf';
  const isTaken = ({ name }: Variable): boolean => stringIncludes(name, own);
  while (stringIncludes(source, own) || filter(variables, isTaken).length > 0) own += '_';
  const ready = filter(variables, ({ late }) => !late);
  const given = map(ready, (each, index) => (isConstant(each) ? `${own}${index}` : each.name));
  const declarations = map(ready, (each, index) =>
    isConstant(each) ? `const ${each.name}=${own}${index};` : '',
  );
  const missing = filter(variables, ({ late }) => late);
  const late = map(missing, (each, index) => {
    const assignment = `${each.name}=${own}[${index}];`;
    return isConstant(each) ? `const ${assignment}` : assignment;
  });
  const assignedLater = filter(missing, (each) => !isConstant(each));
  append(given, namesOf(assignedLater));
  // Only if it is needed: stack traces would show it as the name of a function that has none.
  const receiver = late.length === 0 ? '' : `const ${own}=`;
  const isMember = form !== 'expression';
  const indent = repeat(' ', column > WIDEST ? 0 : column);
  const head = `(function*(${join(given, ',')}){${strict ? '"use strict";' : ''}${join(declarations, '')}`;
  const text = `${head}${receiver}yield(0,${isMember ? '{' : ''}\n${indent}${source}\n${isMember ? '}' : ''});${join(late, '')}})`;
  return loadScript(text, {
    filename: file === '' ? 'concurrent-futures:function' : file,
    lineOffset: line - 1,
    imports,
  }) as Factory;
}

function namesOf(variables: readonly Variable[]): string[] {
  return map(variables, ({ name }) => name);
}

/** Adds an explanation to the language's own error for an assignment to a captured variable. */
function guard(fn: AnyFunction, { assigned }: PackedCode): AnyFunction {
  if (assigned.length === 0 || isClass(fn)) return fn;
  const explain = (error: unknown): never => {
    // `isNativeError` is false for a proxy, whose traps would run user code.
    const isOurs = isNativeError(error) && isInstance(error, TrueTypeError);
    if (!isOurs || error.message !== 'Assignment to constant variable.') throw error;
    throw new PicklingError(
      `The function assigns to '${join(assigned, "', '")}', a variable outside itself. It runs in another thread or process, ` +
        'so the change would be lost: return the value instead.',
      { code: 'ERR_READONLY_CAPTURE', cause: error },
    );
  };
  const guarded = function (this: unknown, ...args: unknown[]): unknown {
    try {
      const result = apply(fn, this, args);
      return isThenable(result) ? settled(result, explain) : result;
    } catch (error) {
      return explain(error);
    }
  };
  mustDefine(guarded, 'name', { __proto__: null, value: fn.name, configurable: true });
  mustDefine(guarded, 'length', { __proto__: null, value: fn.length, configurable: true });
  return guarded;
}

async function settled(
  result: PromiseLike<unknown>,
  explain: (error: unknown) => never,
): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    return explain(error);
  }
}

function isClass(fn: AnyFunction): boolean {
  return getOwnPropertyDescriptor(fn, 'prototype')?.writable === false;
}
