/**
 * The constructs that a function by value may not use, because its source can't be evaluated anywhere else with
 * them.
 */
import type { ErrorCode } from '../errors.ts';
import type { FunctionSyntax } from '../source/function-syntax.ts';
import { nameOf, Refusal, type Trail } from './refusal.ts';

interface Rule {
  readonly code: ErrorCode;
  readonly breaks: (syntax: FunctionSyntax) => boolean;
  readonly text: (syntax: FunctionSyntax) => string;
}

const SUPER_TEXT =
  'it uses `super`, which belongs to the object or the class around it. Send the whole class, or call the other method by its name.';
const NEW_TARGET_TEXT =
  'it uses `new.target` of the function around it. Copy it to a variable first, and use that.';

const rules: readonly Rule[] = [
  {
    code: 'ERR_COMPUTED',
    breaks: ({ computedName }) => computedName,
    text: () =>
      'it is a method with a computed name, which could not be computed again. Put its code into a function, and submit that.',
  },
  {
    code: 'ERR_PRIVATE_NAME',
    breaks: ({ privateName }) => privateName !== undefined,
    text: ({ privateName }) =>
      `it uses ${privateName}, which only code inside its class can read. Export the class from a module other than the entry script and pass plain data.`,
  },
  {
    code: 'ERR_THIS',
    breaks: ({ kind, usesThis }) => kind === 'arrow' && usesThis,
    text: () =>
      'it is an arrow function that uses `this` of the code around it. Copy what it needs first, const k = this.k; pool.submit(() => k), or submit this.method.bind(this).',
  },
  { code: 'ERR_SUPER', breaks: ({ usesSuper }) => usesSuper, text: () => SUPER_TEXT },
  {
    code: 'ERR_ARGUMENTS',
    breaks: ({ kind, usesArguments }) => kind === 'arrow' && usesArguments,
    text: () =>
      'it is an arrow function that uses `arguments` of the function around it. Use rest parameters, (...args) => …, or copy them to a variable.',
  },
  {
    code: 'ERR_NEW_TARGET',
    breaks: ({ kind, usesNewTarget }) => kind === 'arrow' && usesNewTarget,
    text: () => NEW_TARGET_TEXT,
  },
  {
    code: 'ERR_EVAL',
    breaks: ({ callsEval }) => callsEval,
    text: () =>
      'it calls eval(), which may use any variable around it. Export it from a module, or use new Function().',
  },
];

/** @throws Refusal if the function breaks a rule. */
export function checkSyntax(fn: object, syntax: FunctionSyntax, trail: Trail): void {
  const broken = rules.find(({ breaks }) => breaks(syntax));
  if (broken !== undefined)
    throw new Refusal(broken.code, `Can't send ${nameOf(fn)}: ${broken.text(syntax)}`, trail);
}

/** The reason why the source of a function can't be evaluated alone, derived from the engine's message. */
export function wontCompile(fn: object, error: unknown, trail: Trail): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  const refuse = (code: ErrorCode, text: string): Refusal =>
    new Refusal(code, `Can't send ${nameOf(fn)}: ${text}`, trail);
  if (/super/.test(message)) return refuse('ERR_SUPER', SUPER_TEXT);
  if (/new\.target/.test(message)) return refuse('ERR_NEW_TARGET', NEW_TARGET_TEXT);
  const privateName = /Private field '(#[^']+)'/.exec(message)?.[1];
  if (privateName !== undefined)
    return refuse(
      'ERR_PRIVATE_NAME',
      `it uses ${privateName}, which only code inside its class can read. Export the class from a module other than the entry script and pass plain data.`,
    );
  return refuse(
    'ERR_NOT_REACHABLE',
    `its source can't be evaluated by itself (${message}). Export it from a module.`,
  );
}
