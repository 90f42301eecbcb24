/** What functions of the language are given by calls of anybody. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkPureArguments } from '#dist/host/pure-arguments.js';

const TASK = 'JSON.stringify';

suite('functions of the language are given', () => {
  for (const [name, value] of [
    ['numbers and texts', 'a'],
    ['lists and objects', { a: [1, { b: [null, undefined] }], c: new Date() }],
    [
      'large sets and maps',
      [new Set(Array.from({ length: 300_000 }, (_, i) => i)), new Map([[1, {}]])],
    ],
    ['bytes, of which two views may be', viewsOf(new ArrayBuffer(8))],
  ] as const)
    test(name, () => {
      assert.doesNotThrow(() => checkPureArguments([value, 1], TASK));
    });
});

suite('functions of the language are not given', () => {
  const shared = [1];
  const ring: unknown[] = [];
  ring.push(ring);
  for (const [name, value, says] of [
    ['lists with holes', { transfer: Array(5) }, /a list with holes to JSON.stringify/],
    ['what is in two places', [shared, [shared]], /in several places/],
    ['what is in itself', ring, /in several places/],
    [
      'what two keys of a map have',
      new Map<unknown, unknown>([
        [shared, 1],
        [{}, shared],
      ]),
      /in several places/,
    ],
  ] as const)
    test(name, () => {
      const given = [1, value];
      const refusal = { code: 'ERR_NOT_ALLOWED', message: says };
      assert.throws(() => checkPureArguments(given, TASK), refusal);
    });
});

function viewsOf(buffer: ArrayBuffer): unknown {
  return [new Uint8Array(buffer), new DataView(buffer)];
}
