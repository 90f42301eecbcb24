/** Runs scripts in the realm of the tasks: functions that travel by value, and the code that creates them. */
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
  /** True if `import()` in the script works as it does in a module. */
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
    // Independent of properties that a task may have put on `Object.prototype`.
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
 * At the first `import()` in a script, Node warns that this option is new, which does not concern the program. So
 * this function makes the first one, and replaces `emitWarning` (possibly a task's replacement) for that moment
 * only.
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
    // The import only serves to use up the warning.
  }
}
