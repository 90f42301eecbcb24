/**
 * The code that looks inside functions and packs them, loaded when the first function needs it.
 *
 * Two scripts of their own, beside the folder of this module: a pool whose functions all have tags loads
 * neither, and one whose functions are all exported only the first. Loaded at once and not by
 * `import()`, because what a function has captured is taken at the moment of `submit`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import type * as CaptureCode from '../closure/capture.ts';
import type * as LookupCode from '../lookup/lookup.ts';

let lookupCode: typeof LookupCode | undefined;
let captureCode: typeof CaptureCode | undefined;

export function loadLookup(): typeof LookupCode {
  lookupCode ??= load('../lookup/lookup.cjs') as typeof LookupCode;
  return lookupCode;
}

export function loadCapture(): typeof CaptureCode {
  captureCode ??= load('../closure/capture.cjs') as typeof CaptureCode;
  return captureCode;
}

function load(script: string): unknown {
  const require = createRequire(import.meta.url);
  if (runInThisContext('Object') === Object) return require(script);
  // Test runners give modules a global object of their own; what is loaded by Node itself would not see
  // their objects as objects.
  const exports = {};
  const text = readFileSync(fileURLToPath(new URL(script, import.meta.url)), 'utf8');
  // oxlint-disable-next-line no-implied-eval, no-new-func -- a file of this package, in the realm that it is used in
  const run = new Function('exports', 'module', 'require', text) as (...args: unknown[]) => void;
  const module = { exports };
  run(exports, module, require);
  return module.exports;
}
