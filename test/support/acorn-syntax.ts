/** Acorn's result for each function in a file, in the words of `functionSyntax`: the measure for our own reader. */
import type { AnyNode, Class, Function as AcornFunction, MethodDefinition, Property } from 'acorn';
import type { FunctionKind } from '#dist/source/function-syntax.js';

export interface FunctionFacts {
  readonly kind: FunctionKind;
  readonly source: string;
  readonly computedName: boolean;
  readonly names: ReadonlySet<string>;
  readonly assigned: ReadonlySet<string>;
  readonly usesThis: boolean;
  readonly usesArguments: boolean;
  readonly usesNewTarget: boolean;
  readonly usesSuper: boolean;
  readonly callsEval: boolean;
  readonly importsDynamically: boolean;
  readonly metas: readonly (readonly [start: number, end: number])[];
  readonly heritage: readonly [start: number, end: number] | undefined;
  readonly privateName: string | undefined;
  /** Names that are used only as `name.property`, with these properties. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
}

type Use = 'this' | 'arguments' | 'new.target' | 'super';

/** The findings of one function, including the functions inside it. */
class Findings {
  readonly names = new Set<string>();
  readonly assigned = new Set<string>();
  readonly bare = new Set<string>();
  readonly members = new Map<string, Set<string>>();
  /** Uses, with the least number of functions around them that have a `this` of their own. */
  readonly uses = new Map<Use, number>();
  readonly metas: (readonly [number, number])[] = [];
  callsEval = false;
  importsDynamically = false;
  /** The first private name for each number of classes around it. */
  readonly privateNames = new Map<number, readonly [name: string, at: number]>();

  use(use: Use, depth: number): void {
    this.uses.set(use, Math.min(depth, this.uses.get(use) ?? Infinity));
  }

  member(name: string, property: string): void {
    const known = this.members.get(name);
    if (known === undefined) this.members.set(name, new Set([property]));
    else known.add(property);
  }

  privateName(classes: number, name: string, at: number): void {
    const known = this.privateNames.get(classes);
    if (known === undefined || at < known[1]) this.privateNames.set(classes, [name, at]);
  }

  add(inner: Findings): void {
    for (const each of inner.names) this.names.add(each);
    for (const each of inner.assigned) this.assigned.add(each);
    for (const each of inner.bare) this.bare.add(each);
    for (const [name, properties] of inner.members)
      for (const each of properties) this.member(name, each);
    for (const [use, depth] of inner.uses) this.use(use, depth);
    this.metas.push(...inner.metas);
    this.callsEval ||= inner.callsEval;
    this.importsDynamically ||= inner.importsDynamically;
    for (const [classes, [name, at]] of inner.privateNames) this.privateName(classes, name, at);
  }
}

/** @param program - parsed with `preserveParens`. */
export function functionFacts(program: AnyNode, text: string): FunctionFacts[] {
  return new Walk(text).run(program);
}

class Walk {
  readonly #text: string;
  readonly #facts: FunctionFacts[] = [];
  #findings = new Findings();
  /** Functions around this place that have a `this` of their own. */
  #depth = 0;
  #classes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(program: AnyNode): FunctionFacts[] {
    this.#visit(program);
    return this.#facts;
  }

  #all(nodes: readonly (AnyNode | null | undefined)[]): void {
    for (const each of nodes) this.#visit(each);
  }

  #visit(node: AnyNode | null | undefined): void {
    if (node === null || node === undefined) return;
    const found = this.#findings;
    switch (node.type) {
      case 'Identifier':
        // In sloppy code these may be variables; no real code does that, and the reader omits them.
        if (node.name === 'await' || node.name === 'yield') break;
        found.names.add(node.name);
        found.bare.add(node.name);
        if (node.name === 'arguments') found.use('arguments', this.#depth);
        break;
      case 'PrivateIdentifier':
        found.privateName(this.#classes, `#${node.name}`, node.start);
        break;
      case 'ThisExpression':
        found.use('this', this.#depth);
        break;
      case 'Super':
        found.use('super', this.#depth);
        break;
      case 'MetaProperty':
        if (node.meta.name === 'import') found.metas.push([node.start, node.end]);
        else found.use('new.target', this.#depth);
        break;
      case 'ImportExpression':
        found.importsDynamically = true;
        this.#children(node);
        break;
      case 'MemberExpression':
        this.#member(node);
        break;
      case 'CallExpression':
        if (!node.optional && nameIn(node.callee) === 'eval') found.callsEval = true;
        this.#children(node);
        break;
      case 'UpdateExpression':
        this.#assign(node.argument);
        this.#visit(node.argument);
        break;
      case 'AssignmentExpression':
        this.#assign(node.left);
        this.#children(node);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') this.#assign(node.left);
        this.#children(node);
        break;
      case 'LabeledStatement':
        this.#visit(node.body);
        break;
      case 'BreakStatement':
      case 'ContinueStatement':
        break;
      case 'Property':
        if (node.method || node.kind !== 'init') this.#method(node);
        else {
          if (node.computed) this.#visit(node.key);
          this.#visit(node.value);
        }
        break;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        this.#function(node, 'function', () => this.#ownFunction(node));
        break;
      case 'ArrowFunctionExpression':
        this.#function(node, 'arrow', () => this.#all([...node.params, node.body]));
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.#function(node, 'class', () => this.#class(node));
        break;
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        break;
      case 'ExportNamedDeclaration':
        this.#visit(node.declaration);
        break;
      default:
        this.#children(node);
    }
  }

  #children(node: AnyNode): void {
    for (const value of Object.values(node) as unknown[]) {
      if (Array.isArray(value)) this.#all(value.filter(isNode));
      else if (isNode(value)) this.#visit(value);
    }
  }

  #member(node: Extract<AnyNode, { type: 'MemberExpression' }>): void {
    const { object, property, computed, optional } = node;
    const simple =
      object.type === 'Identifier' && property.type === 'Identifier' && !computed && !optional;
    if (simple) {
      this.#findings.names.add(object.name);
      this.#findings.member(object.name, property.name);
      if (object.name === 'arguments') this.#findings.use('arguments', this.#depth);
    } else {
      this.#visit(object);
      if (computed || property.type === 'PrivateIdentifier') this.#visit(property);
    }
  }

  #assign(target: AnyNode | null): void {
    switch (target?.type) {
      case 'Identifier':
        this.#findings.assigned.add(target.name);
        break;
      case 'ParenthesizedExpression':
        this.#assign(target.expression);
        break;
      case 'ObjectPattern':
        for (const each of target.properties)
          this.#assign(each.type === 'Property' ? each.value : each);
        break;
      case 'ArrayPattern':
        for (const each of target.elements) this.#assign(each);
        break;
      case 'RestElement':
        this.#assign(target.argument);
        break;
      case 'AssignmentPattern':
        this.#assign(target.left);
        break;
      default:
    }
  }

  /** The parts of a function with a `this` of its own: all but its name. */
  #ownFunction(node: AcornFunction): void {
    this.#visit(node.id);
    this.#depth++;
    this.#all([...node.params, node.body]);
    this.#depth--;
  }

  #class(node: Class): void {
    this.#all([node.id, node.superClass]);
    this.#classes++;
    for (const each of node.body.body) {
      if (each.type === 'StaticBlock') {
        this.#depth++;
        this.#all(each.body);
        this.#depth--;
      } else if (each.type === 'MethodDefinition') this.#method(each);
      else {
        if (each.computed || each.key.type === 'PrivateIdentifier') this.#visit(each.key);
        this.#depth++;
        this.#visit(each.value);
        this.#depth--;
      }
    }
    this.#classes--;
  }

  #method(node: MethodDefinition | Property): void {
    const kind = node.kind === 'get' ? 'getter' : node.kind === 'set' ? 'setter' : 'method';
    this.#function(node, kind, () => {
      if (node.computed || node.key.type === 'PrivateIdentifier') this.#visit(node.key);
      this.#ownFunction(node.value as AcornFunction);
    });
  }

  #function(node: AnyNode, kind: FunctionKind, visit: () => void): void {
    const outer = this.#findings;
    const found = new Findings();
    this.#findings = found;
    visit();
    this.#findings = outer;
    outer.add(found);
    const isMethod = kind === 'method' || kind === 'getter' || kind === 'setter';
    const isArrow = kind === 'arrow';
    const start = startOf(this.#text, node);
    const uses = (use: Use): boolean =>
      (found.uses.get(use) ?? Infinity) <= this.#depth + (isMethod ? 1 : 0);
    const here = ([from, to]: readonly [number, number]): readonly [number, number] => [
      from - start,
      to - start,
    ];
    const parent = 'superClass' in node ? node.superClass : undefined;
    this.#facts.push({
      kind,
      source: this.#text.slice(start, node.end),
      computedName: isMethod && 'computed' in node && node.computed,
      names: found.names,
      assigned: found.assigned,
      usesThis: isArrow && uses('this'),
      usesArguments: isArrow && uses('arguments'),
      usesNewTarget: isArrow && uses('new.target'),
      usesSuper: (isArrow || isMethod) && uses('super'),
      callsEval: found.callsEval,
      importsDynamically: found.importsDynamically,
      metas: found.metas.map(here),
      heritage: parent ? here([parent.start, parent.end]) : undefined,
      privateName: found.privateNames.get(this.#classes)?.[0],
      members: new Map([...found.members].filter(([name]) => !found.bare.has(name))),
    });
  }
}

function nameIn(node: AnyNode): string | undefined {
  if (node.type === 'ParenthesizedExpression') return nameIn(node.expression);
  return node.type === 'Identifier' ? node.name : undefined;
}

/** The start of a function's text for the engine: for a method, behind `static`. */
function startOf(text: string, node: AnyNode): number {
  if (node.type !== 'MethodDefinition' || !node.static) return node.start;
  const blank = /^static(?:\s|\/\*[^]*?\*\/|\/\/.*)*/u.exec(text.slice(node.start, node.end));
  return node.start + (blank?.[0].length ?? 0);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
