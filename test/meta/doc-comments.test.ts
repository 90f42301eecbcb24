/** Every public name has a doc comment, every option a default, and every example a fence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = new URL('../../../', import.meta.url);
const path = (file: string): string => fileURLToPath(new URL(file, root));
const sources = path('src/');
const entries = ['src/index.ts', 'src/cluster.ts', 'src/register.ts'].map(path);

/** Something that a user of the library can name. */
interface PublicName {
  /** For people: `ThreadPoolOptions.env`. */
  readonly name: string;
  readonly documented: ts.Symbol | ts.Signature;
  /** True for a property that may be left out of an object of options. */
  readonly isOption: boolean;
}

const { config } = ts.readConfigFile(path('tsconfig.base.json'), (file) =>
  ts.sys.readFile(file),
) as {
  readonly config: { readonly compilerOptions: object };
};
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, path('.'));
const program = ts.createProgram(entries, { ...options, noEmit: true });
const checker = program.getTypeChecker();
const names = publicNames();

test('every public name has a doc comment', () => {
  assert.ok(names.length > 200, `only ${names.length} were found`);
  const bare = names.filter(({ documented }) => textOf(documented) === '').map(({ name }) => name);
  assert.deepEqual(bare, []);
});

test("every option has '@default', or a sentence on what holds by default", () => {
  const given = names.filter(({ isOption }) => isOption);
  assert.ok(given.length > 50, `only ${given.length} were found`);
  const silent = given
    .filter(({ documented }) => !tellsDefault(documented))
    .map(({ name }) => name);
  assert.deepEqual(silent, []);
});

test('every example is a program in a fence', () => {
  const given = names.flatMap(({ name, documented }) =>
    tagsOf(documented)
      .filter((tag) => tag.name === 'example')
      .map(({ text }) => ({ name, example: ts.displayPartsToString(text) })),
  );
  assert.ok(given.length > 20, `only ${given.length} were found`);
  const loose = given.filter(({ example }) => !/^```ts(?: check)?\n[^`].*\n```$/s.test(example));
  assert.deepEqual(loose, []);
});

test("every entry begins with a comment that has '@module'", () => {
  const silent = entries.filter(
    (entry) => !/^\/\*\*(?:(?!\*\/).)*@module/s.test(textOfFile(entry)),
  );
  assert.deepEqual(silent, []);
});

function publicNames(): PublicName[] {
  const found = new Map<ts.Declaration, PublicName>();
  const seen = new Set<ts.Symbol>();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(fileOf(entry));
    for (const each of module === undefined ? [] : checker.getExportsOfModule(module))
      visit(resolved(each));
  }
  return [...found.values()];

  function visit(symbol: ts.Symbol): void {
    if (seen.has(symbol)) return;
    seen.add(symbol);
    add(symbol.name, symbol, symbol.declarations?.[0], false);
    for (const declaration of symbol.declarations ?? []) {
      if (ts.isClassDeclaration(declaration)) visitClass(symbol, declaration);
      else if (ts.isInterfaceDeclaration(declaration))
        visitMembers(symbol.name, checker.getDeclaredTypeOfSymbol(symbol));
      else visitSignature(symbol.name, declaration);
    }
  }

  function visitClass(symbol: ts.Symbol, declaration: ts.ClassDeclaration): void {
    visitMembers(symbol.name, checker.getDeclaredTypeOfSymbol(symbol));
    visitMembers(symbol.name, checker.getTypeOfSymbolAtLocation(symbol, declaration));
    const all = declaration.members.filter((each) => ts.isConstructorDeclaration(each));
    // Of an overloaded one, the implementation is not published.
    const constructors = all.length === 1 ? all : all.filter(({ body }) => body === undefined);
    for (const each of constructors.filter((one) => !isHidden(one))) {
      const made = checker.getSignatureFromDeclaration(each);
      if (made !== undefined) add(`new ${symbol.name}`, made, each, false);
      visitSignature(symbol.name, each);
    }
  }

  function visitMembers(owner: string, type: ts.Type): void {
    for (const member of checker.getPropertiesOfType(type)) {
      const own = (member.declarations ?? []).filter(isOurs);
      if (own.every(isHidden)) continue;
      const parent = own[0]?.parent;
      const isNamed =
        parent !== undefined &&
        (ts.isClassDeclaration(parent) || ts.isInterfaceDeclaration(parent));
      const of = (isNamed ? parent.name?.text : undefined) ?? owner;
      const name = `${of}.${member.name.replace(/^__@(\w+)@\d+$/, '[$1]')}`;
      add(name, member, own[0], of.endsWith('Options') && isOptional(member));
      for (const each of own) visitSignature(name, each);
    }
  }

  /** The types of parameters, results and properties: the types that they name are public, too. */
  function visitSignature(name: string, declaration: ts.Node): void {
    const types: ts.Node[] = [];
    if (ts.isFunctionLike(declaration)) {
      for (const each of declaration.parameters) if (each.type !== undefined) types.push(each.type);
      if (declaration.type !== undefined) types.push(declaration.type);
    } else if (
      ts.isPropertySignature(declaration) ||
      ts.isPropertyDeclaration(declaration) ||
      ts.isTypeAliasDeclaration(declaration)
    ) {
      if (declaration.type !== undefined) types.push(declaration.type);
    }
    const isCall = ts.isFunctionLike(declaration);
    for (const type of types) visitType(name, type, isCall);
  }

  function visitType(name: string, node: ts.Node, isCall: boolean): void {
    if (ts.isTypeReferenceNode(node)) {
      const symbol = checker.getSymbolAtLocation(node.typeName);
      const target = symbol === undefined ? undefined : resolved(symbol);
      const isNamed = target?.declarations?.every(
        (each) => isOurs(each) && !ts.isTypeParameterDeclaration(each),
      );
      if (target !== undefined && isNamed === true) visit(target);
    }
    if (ts.isTypeLiteralNode(node)) {
      for (const member of checker.getPropertiesOfType(checker.getTypeAtLocation(node)))
        add(
          `${name}{${member.name}}`,
          member,
          member.declarations?.[0],
          isCall && isOptional(member),
        );
    }
    ts.forEachChild(node, (child) => visitType(name, child, isCall));
  }

  /** A member that several classes inherit is one. */
  function add(
    name: string,
    documented: ts.Symbol | ts.Signature,
    declaration: ts.Declaration | undefined,
    isOption: boolean,
  ): void {
    if (declaration !== undefined && !found.has(declaration))
      found.set(declaration, { name, documented, isOption });
  }
}

function fileOf(name: string): ts.SourceFile {
  const file = program.getSourceFile(name);
  assert.ok(file !== undefined, name);
  return file;
}

function textOfFile(name: string): string {
  return fileOf(name).text;
}

function resolved(symbol: ts.Symbol): ts.Symbol {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  return isAlias ? checker.getAliasedSymbol(symbol) : symbol;
}

function isOurs(declaration: ts.Node): boolean {
  return declaration.getSourceFile().fileName.startsWith(sources);
}

/** Not for users: private, protected, or marked so that no declaration of it is published. */
function isHidden(declaration: ts.Declaration): boolean {
  const flags = ts.getCombinedModifierFlags(declaration);
  if ((flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0) return true;
  const name = ts.getNameOfDeclaration(declaration);
  if (name !== undefined && ts.isPrivateIdentifier(name)) return true;
  return ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal');
}

function isOptional(symbol: ts.Symbol): boolean {
  return (symbol.flags & ts.SymbolFlags.Optional) !== 0;
}

/** A member that overrides another has its comment if it has none of its own. */
function textOf(documented: ts.Symbol | ts.Signature): string {
  return ts.displayPartsToString(documented.getDocumentationComment(checker)).trim();
}

function tellsDefault(documented: ts.Symbol | ts.Signature): boolean {
  const tags = tagsOf(documented);
  const hasTag = tags.some(
    ({ name, text }) => name === 'default' && ts.displayPartsToString(text).trim() !== '',
  );
  return hasTag || /\bby\s+default\b/i.test(textOf(documented));
}

function tagsOf(documented: ts.Symbol | ts.Signature): ts.JSDocTagInfo[] {
  return 'getDeclaration' in documented
    ? documented.getJsDocTags()
    : documented.getJsDocTags(checker);
}
