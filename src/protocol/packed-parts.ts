/** Lists the values that a node of a packed function refers to. */
import { append } from '../util/primordials.ts';
import type { PackedAccessor, PackedNode, PackedValue } from './packed.ts';

export function partsOf(node: PackedNode): PackedValue[] {
  const parts: PackedValue[] = [];
  switch (node.k) {
    case 'object':
      parts[0] = node.proto;
      append(parts, node.entries);
      appendAccessors(parts, node.accessors ?? []);
      break;
    case 'array':
    case 'error':
    case 'extended':
      parts[0] = node.proto;
      append(parts, node.entries);
      break;
    case 'map':
    case 'set':
      parts[0] = node.proto;
      append(parts, node.items);
      append(parts, node.entries);
      break;
    case 'closure':
      append(parts, node.entries ?? []);
      parts[parts.length] = node.prototype;
      append(parts, node.values);
      break;
    case 'bound':
      append(parts, node.args);
      parts[parts.length] = node.self;
      parts[parts.length] = node.target;
      break;
    case 'prototype':
      parts[0] = node.of;
      break;
    default:
  }
  return parts;
}

function appendAccessors(parts: PackedValue[], accessors: readonly PackedAccessor[]): void {
  for (let i = 0; i < accessors.length; i++) {
    const { key, get, set } = accessors[i] as PackedAccessor;
    append(parts, [key, get, set]);
  }
}
