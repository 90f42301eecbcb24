/**
 * `node --import concurrent-futures/register main.js` registers the exports of every ES module, so that exported
 * functions can be submitted where the runtime can't look inside functions: under `--permission`, in builds without an
 * inspector, and with any loader. It needs Node.js 22.15; before that it does nothing but emit a process warning
 * (`CF_REGISTER`).
 *
 *     the source of a module, with one import behind its last line -> a module made here -> the list
 *
 * Lines keep their numbers, and no other code runs. Imports are hoisted, so a module is in the list before its own code
 * begins, a top-level await included.
 *
 * @module
 */
import nodeModule from 'node:module';
import { listText, makeNamespaceList } from './lookup/namespace-list.ts';

const PREFIX = 'concurrent-futures-namespace:';

interface Loaded {
  readonly format?: string | null | undefined;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray | null | undefined;
  readonly shortCircuit?: boolean;
}

interface Resolved {
  readonly url: string;
  readonly format?: string;
  readonly shortCircuit?: boolean;
}

/** Node has it since 22.15. */
interface HooksApi {
  registerHooks?(hooks: {
    resolve(
      specifier: string,
      context: object,
      next: (specifier: string, context: object) => Resolved,
    ): Resolved;
    load(url: string, context: object, next: (url: string, context: object) => Loaded): Loaded;
  }): void;
}

function withImport(url: string, loaded: Loaded): Loaded {
  const { format, source } = loaded;
  const isModule = format === 'module' || format === 'module-typescript';
  if (!url.startsWith('file:') || !isModule || source === undefined || source === null)
    return loaded;
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  return { ...loaded, source: `${text}\nimport ${JSON.stringify(PREFIX + url)};` };
}

function namespaceModule(url: string): string {
  const target = JSON.stringify(url);
  return `import * as namespace from ${target};\n${listText}.set(${target}, namespace);`;
}

function register(): void {
  const hooks = nodeModule as object as HooksApi;
  if (hooks.registerHooks === undefined) {
    process.emitWarning(
      'concurrent-futures/register needs module.registerHooks(), which Node has since 22.15. It does nothing here.',
      { type: 'ConcurrentFuturesWarning', code: 'CF_REGISTER' },
    );
    return;
  }
  if (!makeNamespaceList()) return;
  hooks.registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith(PREFIX)
        ? { url: specifier, format: 'module', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url.startsWith(PREFIX)
        ? {
            format: 'module',
            source: namespaceModule(url.slice(PREFIX.length)),
            shortCircuit: true,
          }
        : withImport(url, next(url, context)),
  });
}

register();
