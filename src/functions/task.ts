/**
 * Tags: the module and the export that a function is.
 *
 * A worker has no access to a function of this thread; it can only import the same one. A tag names the
 * module and the export.
 */
import type { FunctionReference } from '../protocol/messages.ts';
import { checkFunction, invalidType, invalidValue } from '../util/validate.ts';
import type { SomeFunction } from './prepare.ts';

const tags = new WeakMap<object, FunctionReference>();

/**
 * Tags `fn` as the export `name` of the module `url`, so that workers import it without a search, and returns `fn`.
 *
 * It is needed only where the runtime can't look inside functions, such as under `--permission`. A worker imports the
 * module, so it must not be the script with which the program starts.
 *
 * @param url - `import.meta.url` of the module that exports `fn`.
 * @param fn - the function that the module exports.
 * @param name - the name of the export, or the path to a member of an export: `'Parser.parse'`. By default `fn.name`.
 * @returns `fn` itself.
 * @throws `TypeError` if an argument has the wrong type; `RangeError` if `url` is not absolute, or there is no name.
 * @example
 * ```ts check
 * import { task } from 'concurrent-futures';
 *
 * export const resize = task(import.meta.url, function resize(path: string, width: number) {
 *   return `${path} at ${width} px`;
 * });
 * ```
 */
export function task<F extends SomeFunction>(url: string | URL, fn: F, name?: string): F {
  const module = moduleUrl('url', url);
  checkFunction('fn', fn);
  const exportName = name ?? fn.name;
  if (typeof exportName !== 'string') throw invalidType('name', 'a string', exportName);
  if (exportName === '') {
    throw invalidValue(
      'name',
      "the name under which fn is exported (fn has none of its own, so pass it: task(import.meta.url, fn, 'resize'))",
      exportName,
    );
  }
  tags.set(fn, { module, path: exportName.split('.') });
  return fn;
}

/** The reference that a function is tagged with, if it is tagged. */
export function tagOf(fn: object): FunctionReference | undefined {
  return tags.get(fn);
}

/** An absolute URL that `import()` accepts in any thread. @throws TypeError, RangeError naming the argument. */
export function moduleUrl(name: string, url: string | URL): string {
  if (typeof url !== 'string' && !(url instanceof URL)) {
    throw invalidType(
      name,
      "a module's URL: import.meta.url, or new URL('./x.js', import.meta.url)",
      url,
    );
  }
  const text = String(url);
  if (!URL.canParse(text)) {
    throw invalidValue(name, "an absolute URL such as new URL('./x.js', import.meta.url)", text);
  }
  return text;
}
