/** Finds the function that a reference names, in a worker: imports the module, walks to the function. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { PicklingError } from '../errors.ts';
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
      `The export '${reference.path.join('.')}' of ${reference.module} is not a function but ${typeof found}.`,
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
  for (const [index, name] of path.entries()) {
    owner = index === 0 && commonjs !== true ? exporterOf(namespace as object, name) : found;
    if (!isObject(owner) || !(name in owner)) {
      throw notFound(
        `${module} has no export '${path.slice(0, index + 1).join('.')}'.${exportsOf(namespace, name)}`,
      );
    }
    found = Reflect.get(owner, name);
  }
  // A member of an exported object is called on that object, unless it was passed on without it.
  const isMember = owner !== namespace && detached !== true && typeof found === 'function';
  return isMember ? (found as AnyFunction).bind(owner) : found;
}

/**
 * What has the export: the namespace, or the `module.exports` of a CommonJS module. Node finds the names of those by
 * reading the source, and not all: of a function that is all of `module.exports`, for one, none.
 */
function exporterOf(namespace: object, name: string): object {
  const exports: unknown = Reflect.get(namespace, 'default');
  // What compilers write for `export default` is the default export of that, not the whole.
  const isHidden =
    name === 'default' ? isObject(exports) && typeof exports !== 'function' : !(name in namespace);
  if (!isHidden || !isObject(exports) || !hasMember(exports, name)) return namespace;
  return isOfCommonjs(exports, namespace) ? exports : namespace;
}

function isOfCommonjs(exports: object, namespace: object): boolean {
  // Newer versions say so.
  if ('module.exports' in namespace) return Reflect.get(namespace, 'module.exports') === exports;
  const { cache } = createRequire(process.execPath);
  return Object.keys(cache).some((file) => cache[file]?.exports === exports);
}

/** Its own, or of a class that it extends; not what all functions and objects have. */
function hasMember(object: object, name: string): boolean {
  for (let each: unknown = object; isObject(each); each = Object.getPrototypeOf(each)) {
    if (each === Function.prototype || each === Object.prototype) return false;
    if (Object.hasOwn(each, name)) return true;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function requireModule(url: string): unknown {
  try {
    return createRequire(url)(fileURLToPath(url)) as unknown;
  } catch (cause) {
    throw cannotImport(url, cause);
  }
}

function exportsOf(namespace: unknown, name: string): string {
  const names = Object.keys(namespace as object);
  if (names.length === 0) return ' It exports nothing.';
  const main: unknown = Reflect.get(namespace as object, 'default');
  const hint =
    isObject(main) && hasMember(main, name)
      ? ` Its default export has a member of that name, which is no export: export it as well, or tag it: task(url, fn, 'default.${name}').`
      : '';
  return ` It exports ${names.slice(0, 12).join(', ')}.${hint}`;
}

/** @param load - imports it; default: as an absolute URL, or the name of one of Node's own modules. */
export function importModule(
  module: string,
  timeout: number,
  load: (module: string) => Promise<object> = (url) => import(url) as Promise<object>,
): Promise<object> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        notFound(
          `${module} has not finished importing after ${timeout} ms. Does it wait for something at its top level?`,
        ),
      );
    }, timeout);
    load(module).then(
      (namespace) => {
        clearTimeout(timer);
        resolve(namespace);
      },
      (cause: unknown) => {
        clearTimeout(timer);
        reject(cannotImport(module, cause));
      },
    );
  });
}

function cannotImport(module: string, cause: unknown): Error {
  // What the module did is worth knowing, not that it was in an import.
  if (cause instanceof Error && Reflect.get(cause, 'code') === 'ERR_BOOTSTRAP') return cause;
  const name = cause instanceof Error ? `${cause.name}: ` : '';
  const unknownKind =
    (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION';
  const hint = unknownKind ? ` ${loaderHint()}` : '';
  return notFound(`The worker could not import ${module}: ${name}${reason(cause)}${hint}`, cause);
}

function loaderHint(): string {
  const hasTsx = process.execArgv.some((flag) => /\btsx\b/.test(flag));
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
