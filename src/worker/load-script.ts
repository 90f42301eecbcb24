/** Runs scripts in the world of the tasks: the code of functions that travel by value, and what makes them. */
import { constants, Script } from 'node:vm';
import {
  apply,
  defineProperty,
  getOwnPropertyDescriptor,
  type SafeDescriptor,
  setPrototypeOf,
  startsWith,
  trueProcess,
  uncurryThis,
} from '../util/primordials.ts';

interface ScriptOptions {
  readonly filename?: string;
  readonly lineOffset?: number;
  /** Whether `import()` in it means what it means in a module. */
  readonly imports?: boolean;
}

// primordials: taken when the script is loaded, before any task.
// oxlint-disable-next-line typescript/unbound-method
const runInThisContext = uncurryThis(Script.prototype.runInThisContext);

export function loadScript(text: string, options: ScriptOptions): unknown {
  if (options.imports === true && !announced) announceImports();
  return run(text, options);
}

function run(text: string, { filename, lineOffset, imports }: ScriptOptions): unknown {
  const options = {
    // Nothing of what a task may have put on `Object.prototype`.
    __proto__: null,
    filename,
    lineOffset,
    importModuleDynamically:
      imports === true ? constants.USE_MAIN_CONTEXT_DEFAULT_LOADER : undefined,
  };
  return runInThisContext(new Script(text, options));
}

const NEWS = 'vm.USE_MAIN_CONTEXT_DEFAULT_LOADER';
let announced = false;

/**
 * Node warns of the first `import()` in a script that this way of importing is new, which is our affair. So the first
 * one is ours, and `emitWarning`, whoever's it is by now, is out of the way for that moment only.
 */
function announceImports(): void {
  announced = true;
  const property = getOwnPropertyDescriptor(trueProcess, 'emitWarning');
  if (property === undefined) return;
  setPrototypeOf(property, null);
  const importIt = run('(specifier)=>import(specifier)', { imports: true }) as (
    specifier: string,
  ) => Promise<unknown>;
  const value = (...args: unknown[]): void => {
    const warning = args[0];
    if (typeof warning !== 'string' || !startsWith(warning, NEWS))
      apply(property.value as () => void, trueProcess, args as []);
  };
  defineProperty(trueProcess, 'emitWarning', { __proto__: null, value, configurable: true });
  void ignoreFailure(importIt('node:vm'));
  defineProperty(trueProcess, 'emitWarning', property as SafeDescriptor);
}

async function ignoreFailure(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // It was imported for the warning only.
  }
}
