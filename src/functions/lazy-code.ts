/**
 * Loads the code that looks inside functions and packs them, when the first function needs it.
 *
 * There are two scripts for it, beside the folder of this module. A pool whose functions all have tags loads
 * neither; a pool whose functions are all exported loads only the first. They are loaded synchronously and not by
 * `import()`, because the captured values are packed during `submit`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import type * as CaptureCode from '../closure/capture.ts';
import { PicklingError } from '../errors.ts';
import type * as LookupCode from '../lookup/lookup.ts';
import { reason } from '../util/validate.ts';

let lookupCode: typeof LookupCode | undefined;
let captureCode: typeof CaptureCode | undefined;

export function loadLookup(): typeof LookupCode {
  lookupCode ??= loadOrExplain('../lookup/lookup.cjs') as typeof LookupCode;
  return lookupCode;
}

export function loadCapture(): typeof CaptureCode {
  captureCode ??= loadOrExplain('../closure/capture.cjs') as typeof CaptureCode;
  return captureCode;
}

/** @throws PicklingError if the script can't be loaded now. The next function that needs it causes another attempt. */
function loadOrExplain(script: string): unknown {
  try {
    return load(script);
  } catch (cause) {
    const file = fileURLToPath(new URL(script, import.meta.url));
    throw new PicklingError(
      `Can't look into functions now: ${file} could not be loaded: ${reason(cause)} ${remedyFor(cause)}`,
      { code: 'ERR_NOT_REACHABLE', cause },
    );
  }
}

function remedyFor(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'EMFILE':
    case 'ENFILE':
      return 'Close files or sockets, or allow more of them (ulimit -n), and submit again.';
    case 'ERR_ACCESS_DENIED':
      return 'Allow this program to read the folder of this package (--allow-fs-read), or tag the function: task(import.meta.url, fn).';
    default:
      return 'Submit again when the file can be read, or tag the function: task(import.meta.url, fn).';
  }
}

function load(script: string): unknown {
  const require = createRequire(import.meta.url);
  if (runInThisContext('Object') === Object) return require(script);
  // Test runners run modules with a global object of their own. Code that Node loads itself uses the original one,
  // where `instanceof Object` is false for their objects.
  const exports = {};
  const text = readFileSync(fileURLToPath(new URL(script, import.meta.url)), 'utf8');
  // oxlint-disable-next-line no-implied-eval, no-new-func -- a file of this package, in the realm that it is used in
  const run = new Function('exports', 'module', 'require', text) as (...args: unknown[]) => void;
  const module = { exports };
  run(exports, module, require);
  return module.exports;
}
