/** Finds the function that a reference names, in a worker: imports the module, walks to the function. */
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
  const { module, path } = reference;
  const namespace = await importModule(module, timeout);
  let owner: unknown = undefined;
  let found: unknown = namespace;
  for (const [index, name] of path.entries()) {
    owner = found;
    const isObject = (typeof found === 'object' && found !== null) || typeof found === 'function';
    if (!isObject || !(name in (found as object))) {
      throw notFound(
        `${module} has no export '${path.slice(0, index + 1).join('.')}'.${exportsOf(namespace)}`,
      );
    }
    found = Reflect.get(found as object, name);
  }
  if (typeof found !== 'function') {
    throw notFound(
      `The export '${path.join('.')}' of ${module} is not a function but ${typeof found}.`,
    );
  }
  // A member of an exported object is called on that object; an export itself is called on nothing.
  return path.length > 1 ? (found.bind(owner) as AnyFunction) : (found as AnyFunction);
}

function exportsOf(namespace: unknown): string {
  const names = Object.keys(namespace as object);
  return names.length === 0
    ? ' It exports nothing.'
    : ` It exports ${names.slice(0, 12).join(', ')}.`;
}

function importModule(module: string, timeout: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        notFound(
          `${module} has not finished importing after ${timeout} ms. Does it wait for something at its top level?`,
        ),
      );
    }, timeout);
    import(module).then(
      (namespace: unknown) => {
        clearTimeout(timer);
        resolve(namespace);
      },
      (cause: unknown) => {
        clearTimeout(timer);
        const name = cause instanceof Error ? `${cause.name}: ` : '';
        reject(notFound(`The worker could not import ${module}: ${name}${reason(cause)}`, cause));
      },
    );
  });
}

function notFound(message: string, cause?: unknown): PicklingError {
  return new PicklingError(message, {
    code: 'ERR_IMPORT',
    ...(cause === undefined ? {} : { cause }),
  });
}
