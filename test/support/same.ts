/** Comparing by identity. To `deepEqual` any two futures are equal, as all their state is private. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';

/** The same objects in the same order. */
export function assertSame(actual: Iterable<unknown>, expected: readonly unknown[]): void {
  const items = [...actual];
  const same =
    items.length === expected.length &&
    items.every((item, index) => Object.is(item, expected[index]));
  assert.ok(same, `${inspect(items)} instead of ${inspect(expected)}`);
}

/** The same distinct objects in any order. */
export function assertSameMembers(actual: Iterable<unknown>, expected: readonly unknown[]): void {
  const items = [...actual];
  const same =
    items.length === expected.length && expected.every((member) => items.includes(member));
  assert.ok(same, `${inspect(items)} instead of ${inspect(expected)}, in any order`);
}
