/** Acorn's result for a module's imports, exports and requests. */
import type { AnyNode, Identifier, Literal, Program } from 'acorn';

export interface ModuleFacts {
  readonly imports: ReadonlyMap<string, { readonly specifier: string; readonly name: string }>;
  readonly exports: ReadonlyMap<string, readonly string[]>;
  readonly strict: boolean;
  readonly requests: ReadonlySet<string>;
}

export function moduleFacts(program: Program): ModuleFacts {
  const imports = new Map<string, { specifier: string; name: string }>();
  const exports = new Map<string, string[]>();
  const requests = new Set<string>();
  let strict = false;
  const add = (local: string, name: string): void => {
    const names = exports.get(local) ?? [];
    if (!names.includes(name)) names.push(name);
    exports.set(local, names);
  };
  for (const node of program.body) {
    strict ||= /^(?:Import|Export)/.test(node.type);
    strict ||= node.type === 'ExpressionStatement' && node.directive === 'use strict';
    switch (node.type) {
      case 'ImportDeclaration':
        for (const each of node.specifiers) {
          const name =
            each.type === 'ImportSpecifier'
              ? nameOf(each.imported)
              : each.type === 'ImportDefaultSpecifier'
                ? 'default'
                : '*';
          imports.set(each.local.name, { specifier: String(node.source.value), name });
        }
        break;
      case 'ExportNamedDeclaration':
        if (node.declaration) for (const name of declaredBy(node.declaration)) add(name, name);
        if (!node.source)
          for (const each of node.specifiers) add(nameOf(each.local), nameOf(each.exported));
        break;
      case 'ExportDefaultDeclaration': {
        const exported = node.declaration;
        if (exported.type === 'Identifier') add(exported.name, 'default');
        else if (exported.type.endsWith('Declaration') && 'id' in exported && exported.id)
          add(exported.id.name, 'default');
        break;
      }
      default:
    }
  }
  const visit = (node: AnyNode): void => {
    if (node.type === 'MetaProperty' && node.meta.name === 'import') strict = true;
    const specifier = requestOf(node);
    if (specifier !== undefined) requests.add(specifier);
    for (const value of Object.values(node) as unknown[])
      for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
        if (isNode(each)) visit(each);
  };
  visit(program);
  return { imports, exports, strict, requests };
}

function requestOf(node: AnyNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node.source ? String(node.source.value) : undefined;
    case 'ImportExpression':
      return textIn(node.source);
    case 'CallExpression': {
      const { callee, optional } = node;
      const isOfModule =
        callee.type === 'MemberExpression' &&
        !callee.computed &&
        nameIn(callee.object) === 'module' &&
        nameIn(callee.property) === 'require';
      const isRequire = callee.type === 'Identifier' && callee.name === 'require';
      return (isRequire || isOfModule) && !optional ? textIn(node.arguments[0]) : undefined;
    }
    default:
      return undefined;
  }
}

function textIn(node: AnyNode | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}

function nameIn(node: AnyNode): string | undefined {
  return node.type === 'Identifier' ? node.name : undefined;
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}

function declaredBy(node: AnyNode): string[] {
  switch (node.type) {
    case 'Identifier':
      return [node.name];
    case 'VariableDeclaration':
      return node.declarations.flatMap((each) => declaredBy(each.id));
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return node.id ? [node.id.name] : [];
    case 'ObjectPattern':
      return node.properties.flatMap((each) =>
        declaredBy(each.type === 'Property' ? each.value : each),
      );
    case 'ArrayPattern':
      return node.elements.flatMap((each) => (each ? declaredBy(each) : []));
    case 'RestElement':
      return declaredBy(node.argument);
    case 'AssignmentPattern':
      return declaredBy(node.left);
    default:
      return [];
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
