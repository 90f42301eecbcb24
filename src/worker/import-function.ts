/** Finds the function that a reference names, in a worker: imports the module, walks to the function. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { PicklingError } from '../errors.ts';
import {
  arraySlice,
  bindTo,
  clearTimeout,
  execArgv,
  execPath,
  functionPrototype,
  getPrototypeOf,
  hasOwn,
  isInstance,
  join,
  matches,
  objectKeys,
  reflectGet,
  setTimeout,
  TrueError,
  TrueObject,
  TruePromise,
} from '../util/primordials.ts';
import { reason } from '../util/validate.ts';
import type { FunctionReference } from '../protocol/messages.ts';

export type AnyFunction = (...args: unknown[]) => unknown;

/**
 * @param timeout - milliseconds after which a module that does not finish importing is given up; one
 *   that waits for ever at its top level would otherwise take its call along.
 * @throws PicklingError (`ERR_IMPORT`) saying what could not be found, and where.
 */
export async function importFunction(
  reference: FunctionReference,
  timeout: number,
): Promise<AnyFunction> {
  const found = await findFunction(reference, timeout);
  if (typeof found !== 'function') {
    throw notFound(
      `The export '${join(reference.path, '.')}' of ${reference.module} is not a function but ${typeof found}.`,
    );
  }
  return found as AnyFunction;
}

/** What a reference names, a function or not. @throws PicklingError (`ERR_IMPORT`) */
export async function findFunction(
  { module, path, commonjs, detached }: FunctionReference,
  timeout: number,
): Promise<unknown> {
  const namespace: unknown =
    commonjs === true ? requireModule(module) : await importModule(module, timeout);
  let owner: unknown = undefined;
  let found: unknown = namespace;
  for (let i = 0; i < path.length; i++) {
    const name = path[i] as string;
    owner = i === 0 && commonjs !== true ? exporterOf(namespace as object, name) : found;
    if (!isObject(owner) || !(name in owner)) {
      throw notFound(
        `${module} has no export '${join(arraySlice(path, 0, i + 1), '.')}'.${exportsOf(namespace as object, name)}`,
      );
    }
    found = reflectGet(owner, name);
  }
  // A member of an exported object is called on that object, unless it was passed on without it.
  const isMember = owner !== namespace && detached !== true && typeof found === 'function';
  return isMember ? bindTo(found as AnyFunction, owner, []) : found;
}

/**
 * What has the export: the namespace, or the `module.exports` of a CommonJS module. Node finds the names of those by
 * reading the source, and not all: of a function that is all of `module.exports`, for one, none.
 */
export function exporterOf(namespace: object, name: string): object {
  const exports: unknown = reflectGet(namespace, 'default');
  // What compilers write for `export default` is the default export of that, not the whole.
  const isHidden =
    name === 'default' ? isObject(exports) && typeof exports !== 'function' : !(name in namespace);
  if (!isHidden || !isObject(exports) || !hasMember(exports, name)) return namespace;
  return isOfCommonjs(exports, namespace) ? exports : namespace;
}

function isOfCommonjs(exports: object, namespace: object): boolean {
  // Newer versions say so.
  if ('module.exports' in namespace) return reflectGet(namespace, 'module.exports') === exports;
  const { cache } = createRequire(execPath);
  const files = objectKeys(cache);
  for (let i = 0; i < files.length; i++)
    if (cache[files[i] as string]?.exports === exports) return true;
  return false;
}

/** Its own, or of a class that it extends; not what all functions and objects have. */
function hasMember(object: object, name: string): boolean {
  for (let each: object | null = object; each !== null; each = getPrototypeOf(each)) {
    if (each === functionPrototype || each === TrueObject.prototype) return false;
    if (hasOwn(each, name)) return true;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** @throws PicklingError (`ERR_IMPORT`) */
export function requireModule(url: string): unknown {
  try {
    return createRequire(url)(fileURLToPath(url)) as unknown;
  } catch (cause) {
    throw cannotImport(url, cause);
  }
}

function exportsOf(namespace: object, name: string): string {
  const names = objectKeys(namespace);
  if (names.length === 0) return ' It exports nothing.';
  const main: unknown = reflectGet(namespace, 'default');
  const hint =
    isObject(main) && hasMember(main, name)
      ? ` Its default export has a member of that name, which is no export: export it as well, or tag it: task(url, fn, 'default.${name}').`
      : '';
  return ` It exports ${join(arraySlice(names, 0, 12), ', ')}.${hint}`;
}

/** Imports an absolute URL, or one of Node's own modules by its name. */
export const importUrl = (url: string): Promise<object> => import(url) as Promise<object>;

/** @param load - imports it. */
export function importModule(
  module: string,
  timeout: number,
  load: (module: string) => Promise<object> = importUrl,
): Promise<object> {
  return new TruePromise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        notFound(
          `${module} has not finished importing after ${timeout} ms. Does it wait for something at its top level?`,
        ),
      );
    }, timeout);
    void follow(load, module, resolve, reject, timer);
  });
}

async function follow(
  load: (module: string) => Promise<object>,
  module: string,
  resolve: (namespace: object) => void,
  reject: (error: Error) => void,
  timer: ReturnType<typeof setTimeout>,
): Promise<void> {
  try {
    resolve(await load(module));
  } catch (cause) {
    reject(cannotImport(module, cause));
  } finally {
    clearTimeout(timer);
  }
}

function cannotImport(module: string, cause: unknown): Error {
  let why = 'It threw something that cannot be described.';
  try {
    const isError = isInstance(cause, TrueError);
    const code: unknown = isError ? reflectGet(cause, 'code') : undefined;
    // What the module did is worth knowing, not that it was in an import.
    if (isError && code === 'ERR_BOOTSTRAP') return cause;
    const hint = code === 'ERR_UNKNOWN_FILE_EXTENSION' ? ` ${loaderHint()}` : '';
    why = `${isError ? `${cause.name}: ` : ''}${reason(cause)}${hint}`;
  } catch {
    // What a module throws may defend itself against being looked at.
  }
  return notFound(`The worker could not import ${module}: ${why}`, cause);
}

function loaderHint(): string {
  let hasTsx = false;
  for (let i = 0; i < execArgv.length; i++) hasTsx ||= matches(/\btsx\b/, execArgv[i] as string);
  // On Node 20 tsx stays out of threads, even those that have its flags.
  if (hasTsx && !isMainThread)
    return (
      "On Node 20 tsx has to be asked to work in threads: { initializer: async () => { (await import('tsx/esm/api')).register(); } }. " +
      'A ProcessPoolExecutor, or a newer Node, needs no such thing.'
    );
  return "Workers need the same loader as this program: { execArgv: ['--import', 'tsx'] }, or a Node from 22.18 on, which runs TypeScript.";
}

/** What a call fails with whose function is not there. */
export function notFound(message: string, cause?: unknown): PicklingError {
  return new PicklingError(message, {
    code: 'ERR_IMPORT',
    ...(cause === undefined ? {} : { cause }),
  });
}
