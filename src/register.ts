/**
 * `node --import concurrent-futures/register`: every ES module leaves its namespace where functions
 * are looked for, so that exports are found by identity where nothing can look inside functions
 * (`--permission`, builds with no inspector), and whatever loaders make of the source.
 *
 *     the source of a module, with one import behind its last line -> a module made here -> the list
 *
 * No line moves, and nothing is run that was not run before. Imports are hoisted, so a module is in the
 * list before its own code begins, a top-level await included.
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
