/** Compares the results of our own reader for functions and modules with acorn's. */
import { parse, type Program } from 'acorn';
import { functionSyntax } from '#dist/source/function-syntax.js';
import { moduleRequests } from '#dist/source/module-requests.js';
import { moduleSyntax } from '#dist/source/module-syntax.js';
import { moduleFacts } from './acorn-module.ts';
import { functionFacts, type FunctionFacts } from './acorn-syntax.ts';

export interface Comparison {
  /** False for files that are not plain JavaScript: JSX, templates, broken on purpose. */
  readonly isParsed: boolean;
  readonly functions: number;
  readonly differences: readonly string[];
}

export function compareReaders(text: string): Comparison {
  const program = parsed(text);
  if (program === undefined) return { isParsed: false, functions: 0, differences: [] };
  const facts = functionFacts(program, text);
  return {
    isParsed: true,
    functions: facts.length,
    differences: [...moduleDifferences(program, text), ...facts.flatMap(differences)],
  };
}

function parsed(text: string): Program | undefined {
  for (const sourceType of ['module', 'commonjs', 'script'] as const) {
    try {
      return parse(text, {
        sourceType,
        ecmaVersion: 'latest',
        preserveParens: true,
        allowHashBang: true,
      });
    } catch {
      // Another language, or invalid JavaScript.
    }
  }
  return undefined;
}

type Check = (what: string, ours: unknown, theirs: unknown) => void;

function checker(found: string[], text: string): Check {
  return (what, ours, theirs) => {
    if (ours === theirs || areSame(ours, theirs)) return;
    const [one, other] = [textOf(ours), textOf(theirs)];
    if (one !== other) found.push(`${what}: ${one}, acorn: ${other}\n${text.slice(0, 2000)}`);
  };
}

function moduleDifferences(program: Program, text: string): string[] {
  const found: string[] = [];
  const check = checker(found, text);
  const [syntax, facts] = [moduleSyntax(text), moduleFacts(program)];
  check('imports', syntax.imports, facts.imports);
  check('exports', syntax.exports, facts.exports);
  check('strict', syntax.strict, facts.strict);
  check('requests', new Set(moduleRequests(text)), facts.requests);
  return found;
}

function differences(facts: FunctionFacts): string[] {
  const found: string[] = [];
  const syntax = functionSyntax(facts.source);
  const check = checker(found, facts.source);
  check('kind', syntax.kind, facts.kind);
  check('computedName', syntax.computedName, facts.computedName);
  check('names', syntax.names, facts.names);
  check('assigned', syntax.assigned, facts.assigned);
  for (const flag of [
    'usesThis',
    'usesArguments',
    'usesNewTarget',
    'usesSuper',
    'callsEval',
    'importsDynamically',
    'privateName',
    'metas',
    'heritage',
  ] as const)
    check(flag, syntax[flag], facts[flag]);
  for (const name of facts.names)
    check(`members of ${name}`, syntax.membersOf(name), facts.members.get(name));
  return found;
}

/** Compares sets, of which there are millions. */
function areSame(one: unknown, other: unknown): boolean {
  if (!(one instanceof Set) || !(other instanceof Set) || one.size !== other.size) return false;
  for (const each of one) if (!other.has(each)) return false;
  return true;
}

function textOf(value: unknown): string {
  if (value instanceof Set || value instanceof Map)
    return JSON.stringify([...(value as Iterable<unknown>)].map((each) => textOf(each)).toSorted());
  return JSON.stringify(value) ?? 'undefined';
}
