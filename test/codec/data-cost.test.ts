/** What a few letters of a table may cost whoever reads them. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readData } from '#dist/codec/data-reader.js';
import { writeData } from '#dist/codec/data-writer.js';
import { collectGarbage } from '../support/garbage.js';

const noBytes = new Uint8Array();
const MEGABYTE = 2 ** 20;

function times(count: number, node: readonly unknown[]): unknown[] {
  return Array.from({ length: count }, () => node);
}

/** How many bytes are in use after `nodes` were read that were not before. */
function memoryOf(nodes: readonly unknown[]): number {
  // All that is read is kept: the root is a list of it.
  const table = [[nodes.length], ...nodes, ['a', ...nodes.map((_, number) => [number])]];
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const value = readData(table, noBytes);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(Array.isArray(value));
  return grown;
}

suite('memory goes with what there is, and not with where it lies', () => {
  const cases: Readonly<Record<string, readonly unknown[]>> = {
    'arrays that are long and empty': times(2, ['s', 2 ** 25]),
    'arrays that are long, with one item': times(2, ['s', 2 ** 25, '33554431', 1]),
    'objects with one item': times(5000, ['o', '1023', 1]),
    'objects with two items': times(5000, ['o', '10', 1, '1023', 1]),
    'errors with one item': times(5000, ['e', [], '', '', '', '1023', 1]),
  };
  for (const [name, nodes] of Object.entries(cases)) {
    test(name, () => {
      const grown = memoryOf(nodes);
      assert.ok(grown < 16 * MEGABYTE, `${grown} bytes`);
    });
  }

  test('and what there is, is as it was', () => {
    const list: unknown[] = [1, 2];
    list[100_000] = 3;
    Object.assign(list, { name: 'a' });
    const value = [list, { 1023: 'b', 10: 'a', z: 1, 4294967294: 'c' }, list.slice(0, 3)];
    const { table, bytes } = writeData(value);
    assert.equal(bytes.length, 0);
    const back = readData(JSON.parse(JSON.stringify(table)), noBytes);
    assert.deepStrictEqual(back, structuredClone(value));
  });
});

function lookups(count: number): string {
  return '\\p{L}'.repeat(count);
}

suite('regular expressions of one value may ask so much of an engine', () => {
  for (const [name, source, flags] of [
    ['with the flag u', lookups(2001), 'u'],
    ['with the flag v', '\\p{L}'.repeat(101), 'v'],
    ['with the flag v, and whatever is between', `[${'\\W'.repeat(1000)}]`, 'iv'],
    ['that are the others of a class', '\\P{L}'.repeat(2001), 'u'],
  ] as const) {
    test(`and not more: ${name}`, () => {
      assert.throws(() => readData([[0], ['r', source, flags]], noBytes), {
        code: 'ERR_FORMAT',
        message: /classes of characters/,
      });
    });
  }

  test('all of them together', () => {
    const node = ['r', lookups(300), 'u'];
    const read = (count: number): unknown => readData([[0], ...times(count, node)], noBytes);
    assert.ok(read(6) instanceof RegExp);
    assert.throws(() => read(7), { code: 'ERR_FORMAT' });
  });

  test('and nobody writes what nobody would read', () => {
    assert.throws(() => writeData([new RegExp(lookups(2001), 'u')]), { name: 'DataCloneError' });
    const { table } = writeData([new RegExp(lookups(2000), 'u')]);
    assert.doesNotThrow(() => readData(table, noBytes));
  });

  test('of those that ask nothing there may be any number, of any length', () => {
    const words = 'word|'.repeat(100_000);
    const backslashes = '\\\\p'.repeat(5000);
    const { table } = writeData([new RegExp(words), new RegExp(backslashes, 'u')]);
    const [first] = readData(table, noBytes) as RegExp[];
    assert.equal(first?.source, words);
  });
});

suite('more than there can be is refused before it is begun', () => {
  for (const kind of ['t', 'm']) {
    test(`entries of kind ${kind}`, () => {
      const node: unknown[] = [kind];
      node.length = 2 ** 26 + 1;
      assert.throws(() => readData([[0], node], noBytes), {
        code: 'ERR_FORMAT',
        message: /entries/,
      });
    });
  }
});
