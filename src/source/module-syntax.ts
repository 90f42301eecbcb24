/**
 * Reads the top-level declarations of a module: the origin of its imported names, and the names under which it
 * exports its own.
 *
 * With that, a function that uses an import, or another export of its module, does not carry the value: a worker
 * imports the same module. The text is read from disk, so it may be TypeScript.
 */
import { defaultExport } from './default-export.ts';
import { stringValue, tokenize } from './lexer.ts';
import { boundNames, endsStatement, isModifier } from './module-tokens.ts';
import type { Token } from './token.ts';

export interface ImportedName {
  readonly specifier: string;
  /** The name under which the module exports it; `*` for all exports as an object. */
  readonly name: string;
}

export interface ModuleSyntax {
  /** The key is the local name. */
  readonly imports: ReadonlyMap<string, ImportedName>;
  /** For each local name the names under which it is exported, `default` included. */
  readonly exports: ReadonlyMap<string, readonly string[]>;
  /**
   * The position that V8 reports for a default export that has no name in the module: line and column, both counted
   * from 0.
   */
  readonly anonymousDefault: { readonly line: number; readonly column: number } | undefined;
  readonly strict: boolean;
}

export function moduleSyntax(text: string): ModuleSyntax {
  return new ModuleReader(text).read();
}

class ModuleReader {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #imports = new Map<string, ImportedName>();
  readonly #exports = new Map<string, string[]>();
  #anonymous = -1;
  #isModule = false;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  read(): ModuleSyntax {
    const tokens = this.#tokens;
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at];
      if (token === undefined) break;
      if (token.kind === 'identifier' && !this.#isProperty(at)) {
        if (token.text === 'import') this.#import(at + 1);
        else if (token.text === 'export') this.#export(at + 1);
      }
      if (token.partner > at) at = token.partner;
    }
    return {
      imports: this.#imports,
      exports: this.#exports,
      anonymousDefault: this.#anonymous < 0 ? undefined : position(this.#source, this.#anonymous),
      strict: this.#isModule || this.#usesMeta() || this.#hasDirective(),
    };
  }

  #text(at: number): string {
    return this.#tokens[at]?.text ?? '';
  }

  #isProperty(at: number): boolean {
    const before = this.#text(at - 1);
    return before === '.' || before === '?.';
  }

  #isString(at: number): boolean {
    return this.#tokens[at]?.kind === 'string';
  }

  #stringAt(at: number): string {
    const token = this.#tokens[at];
    return token === undefined ? '' : stringValue(this.#source, token);
  }

  /** A name in braces. It may be a string: `export { local as 'a name' }`. */
  #nameAt(at: number): string {
    return this.#isString(at) ? this.#stringAt(at) : this.#text(at);
  }

  #usesMeta(): boolean {
    return this.#tokens.some(
      (token, at) =>
        token.text === 'import' &&
        !token.key &&
        !this.#isProperty(at) &&
        this.#text(at + 1) === '.' &&
        this.#text(at + 2) === 'meta',
    );
  }

  #hasDirective(): boolean {
    const tokens = this.#tokens;
    for (let at = 0; this.#isString(at) && endsStatement(tokens[at + 1]); at++) {
      const token = tokens[at];
      const raw = this.#source.slice((token?.start ?? 0) + 1, (token?.end ?? 0) - 1);
      if (raw === 'use strict') return true;
      if (this.#text(at + 1) === ';') at++;
    }
    return false;
  }

  /** @param start - index after the keyword; the same in all methods below. */
  #import(start: number): void {
    const first = this.#text(start);
    if (first === '(' || first === '.') return;
    this.#isModule = true;
    if (this.#importsNoValue(start)) return;
    let at = first === 'defer' && this.#text(start + 1) === '*' ? start + 1 : start;
    const found: (readonly [local: string, name: string])[] = [];
    if (this.#tokens[at]?.kind === 'identifier') {
      found.push([first, 'default']);
      at++;
      if (this.#text(at) === ',') at++;
    }
    if (this.#text(at) === '*') {
      found.push([this.#text(at + 2), '*']);
      at += 3;
    } else if (this.#text(at) === '{') {
      for (const [name, local] of this.#list(at)) found.push([local, name]);
      at = (this.#tokens[at]?.partner ?? at) + 1;
    }
    if (this.#text(at) !== 'from' || !this.#isString(at + 1)) return;
    const specifier = this.#stringAt(at + 1);
    for (const [local, name] of found) this.#imports.set(local, { specifier, name });
  }

  /** True for `import type …` and `import source x`: neither gives access to a value that the module exports. */
  #importsNoValue(at: number): boolean {
    return isModifier(this.#tokens, at, 'type') || isModifier(this.#tokens, at, 'source');
  }

  /** The pairs of names in `{ a, b as c }`, without types. */
  #list(open: number): (readonly [from: string, to: string])[] {
    const end = this.#tokens[open]?.partner ?? -1;
    const found: (readonly [string, string])[] = [];
    for (let at = open + 1; at < end; at++) {
      const first = at;
      while (at < end && this.#text(at) !== ',') at++;
      // `a` has one word and `a as b` three. With an even number of words, the first one is `type`.
      if (at - first === 1) found.push([this.#nameAt(first), this.#nameAt(first)]);
      else if (at - first === 3) found.push([this.#nameAt(first), this.#nameAt(first + 2)]);
    }
    return found;
  }

  #add(local: string, name: string): void {
    const names = this.#exports.get(local);
    if (names === undefined) this.#exports.set(local, [name]);
    else if (!names.includes(name)) names.push(name);
  }

  #export(start: number): void {
    this.#isModule = true;
    switch (this.#text(start)) {
      case '{':
        this.#exportList(start);
        break;
      case 'default':
        this.#exportDefault(start + 1);
        break;
      case 'const':
      case 'let':
      case 'var':
        this.#exportVariables(start);
        break;
      case 'async':
      case 'function':
      case 'abstract':
      case 'class':
      case 'enum':
        this.#exportDeclaration(start);
        break;
      default: // a re-export, or a declaration that only the compiler uses
    }
  }

  #exportList(open: number): void {
    const end = this.#tokens[open]?.partner ?? -1;
    if (end < 0 || this.#text(end + 1) === 'from') return;
    for (const [local, name] of this.#list(open)) this.#add(local, name);
  }

  #exportVariables(start: number): void {
    if (this.#text(start + 1) === 'enum') return;
    for (const name of boundNames(this.#tokens, start + 1)) this.#add(name, name);
  }

  #exportDeclaration(start: number): void {
    let at = start;
    if (this.#text(at) === 'async' || this.#text(at) === 'abstract') at++;
    at++;
    if (this.#text(at) === '*') at++;
    const name = this.#tokens[at];
    if (name?.kind === 'identifier') this.#add(name.text, name.text);
  }

  #exportDefault(start: number): void {
    const found = defaultExport(this.#source, this.#tokens, start);
    if (typeof found === 'string') this.#add(found, 'default');
    else if (found !== undefined) this.#anonymous = found;
  }
}

/** The position as V8 counts it: without the byte order mark, which every loader removes. */
function position(source: string, offset: number): { line: number; column: number } {
  let line = 0;
  let lineStart = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let at = 0; at < offset; at++) {
    const code = source.charCodeAt(at);
    const breaks =
      code === 10 ||
      (code === 13 && source.charCodeAt(at + 1) !== 10) ||
      code === 0x2028 ||
      code === 0x2029;
    if (breaks) {
      line++;
      lineStart = at + 1;
    }
  }
  return { line, column: offset - lineStart };
}
