/** Finds the function of a reference in a worker: imports the module and follows the path to the function. */
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
 * @param timeout - milliseconds after which a module that does not finish importing counts as failed. Otherwise a
 *   module that waits for ever at its top level would block its call for ever.
 * @throws PicklingError (`ERR_IMPORT`) that names what is missing and where.
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

/** The value of a reference, which may be other than a function. @throws PicklingError (`ERR_IMPORT`) */
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
  // A member of an exported object is called on that object, unless the function was passed on without it.
  const isMember = owner !== namespace && detached !== true && typeof found === 'function';
  return isMember ? bindTo(found as AnyFunction, owner, []) : found;
}

/**
 * The object that has the export: the namespace, or the `module.exports` of a CommonJS module. Node reads the names
 * of CommonJS exports from the source and does not find all: it finds none if a function is the whole
 * `module.exports`.
 */
export function exporterOf(namespace: object, name: string): object {
  const exports: unknown = reflectGet(namespace, 'default');
  // For an `export default` that was compiled to CommonJS, the wanted value is its `default`, not the whole
  // `module.exports`.
  const isHidden =
    name === 'default' ? isObject(exports) && typeof exports !== 'function' : !(name in namespace);
  if (!isHidden || !isObject(exports) || !hasMember(exports, name)) return namespace;
  return isOfCommonjs(exports, namespace) ? exports : namespace;
}

function isOfCommonjs(exports: object, namespace: object): boolean {
  // Newer versions of Node have this export.
  if ('module.exports' in namespace) return reflectGet(namespace, 'module.exports') === exports;
  const { cache } = createRequire(execPath);
  const files = objectKeys(cache);
  for (let i = 0; i < files.length; i++)
    if (cache[files[i] as string]?.exports === exports) return true;
  return false;
}

/** True for an own member, or one of a class that it extends; false for members of all functions and objects. */
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

/** @param load - performs the import. */
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
    // The module's own error is more helpful than an import error with that text.
    if (isError && code === 'ERR_BOOTSTRAP') return cause;
    const hint = code === 'ERR_UNKNOWN_FILE_EXTENSION' ? ` ${loaderHint()}` : '';
    why = `${isError ? `${cause.name}: ` : ''}${reason(cause)}${hint}`;
  } catch {
    // The thrown value may throw when its properties are read.
  }
  return notFound(`The worker could not import ${module}: ${why}`, cause);
}

function loaderHint(): string {
  let hasTsx = false;
  for (let i = 0; i < execArgv.length; i++) hasTsx ||= matches(/\btsx\b/, execArgv[i] as string);
  // On Node 20 tsx is not active in threads, even with its flags in their execArgv.
  if (hasTsx && !isMainThread)
    return (
      "On Node 20 tsx needs this to work in threads: { initializer: async () => { (await import('tsx/esm/api')).register(); } }. " +
      'A ProcessPoolExecutor, or a newer Node, does not need it.'
    );
  return "Workers need the same loader as this program: { execArgv: ['--import', 'tsx'] }, or a Node from 22.18 on, which runs TypeScript.";
}

/** The error of a call whose function is missing. */
export function notFound(message: string, cause?: unknown): PicklingError {
  return new PicklingError(message, {
    code: 'ERR_IMPORT',
    ...(cause === undefined ? {} : { cause }),
  });
}
