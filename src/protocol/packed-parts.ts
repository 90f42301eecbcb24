/** What the nodes of a packed function consist of. */
import type { PackedNode, PackedValue } from './packed.ts';

export function* partsOf(node: PackedNode): Iterable<PackedValue> {
  switch (node.k) {
    case 'object':
      yield node.proto;
      yield* node.entries;
      for (const { key, get, set } of node.accessors ?? []) yield* [key, get, set];
      break;
    case 'array':
    case 'error':
    case 'extended':
      yield node.proto;
      yield* node.entries;
      break;
    case 'map':
    case 'set':
      yield node.proto;
      yield* node.items;
      yield* node.entries;
      break;
    case 'closure':
      yield* node.entries ?? [];
      yield node.prototype;
      yield* node.values;
      break;
    case 'bound':
      yield* node.args;
      yield node.self;
      yield node.target;
      break;
    case 'prototype':
      yield node.of;
      break;
    default:
  }
}
