/**
 * Attacks by whoever can write to Redis, on a queue without a secret: arguments that are no values, or such that it hurts to
 * read them. The numbers are those of the page on trust, docs/design/trust.md.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AttackedHost, codeOf, kinds, type RawJob } from '../support/attacked-host.js';
import { needsRedis } from '../support/redis.js';

const concurrency = 2;
const HUGE = 2 ** 32 - 1;

/** Tables of which the reader makes nothing, and the bytes beside them. */
const noValues: Readonly<Record<string, readonly [table: unknown, bytes?: unknown]>> = {
  'no nodes where one is meant': [[[0]]],
  'a reference beyond the table': [[[7], ['a']]],
  'a reference to no node': [[[0.5], ['a']]],
  'a reference to what there is no word for': [[[-6], ['a']]],
  'a reference in words': [[['0'], ['a']]],
  'a reference of two': [[[0, 0], ['a']]],
  'a reference of a reference': [[[[0]], ['a']]],
  'an item that is an object': [[{ n: 0 }, ['a']]],
  'a node that is no list': [[[0], { k: 'a' }]],
  'a node of no kind': [[[0], []]],
  'a node of an unknown kind': [[[0], ['closure', 'x']]],
  'a node of a kind that objects have': [[[0], ['constructor', 'x']]],
  'a node of a kind that is a list': [[[0], [['a']]]],
  'an object with a key and no value': [[[0], ['o', 'a']]],
  'an object whose key is a number': [[[0], ['o', 1, 1]]],
  'an object whose key is a list': [[[0], ['o', ['a'], 1]]],
  'an array that is too long': [[[0], ['s', 2 ** 32]]],
  'an array of a negative length': [[[0], ['s', -1]]],
  'an array of a length in words': [[[0], ['s', '5']]],
  'an array of two lengths': [[[0], ['s', 1, 'length', 5]]],
  'a map with half an entry': [[[0], ['m', 1]]],
  'a date in words': [[[0], ['d', '2020']]],
  'a date that is an object': [[[0], ['d', { valueOf: 1 }]]],
  'a regular expression that is none': [[[0], ['r', '(', '']]],
  'a regular expression with other flags': [[[0], ['r', 'a', 'eval']]],
  'a regular expression of a list': [[[0], ['r', ['a'], '']]],
  'a bigint without digits': [[[0], ['i', '']]],
  'a bigint of other digits': [[[0], ['i', '0x1g']]],
  'a bigint in words': [[[0], ['i', 'process.exit()']]],
  'a bigint with a blank': [[[0], ['i', ' 1']]],
  'a bigint that is a number': [[[0], ['i', 1]]],
  'an object made of null': [[[0], ['w', null]]],
  'an object made of an object': [[[0], ['w', { a: 1 }]]],
  'an object made of another node': [[[0], ['w', [0]]]],
  'a buffer that is longer than its bytes': [[[0], ['b', 8]], ''],
  'a buffer of 2^53 bytes': [[[0], ['b', 2 ** 53]], ''],
  'a buffer of half a byte': [[[0], ['b', 0.5]], 'AA=='],
  'a buffer of negative bytes': [[[0], ['b', -1]], 'AA=='],
  'bytes without a buffer': [[[0], ['a']], 'AAAA'],
  'a view of a buffer that is too small': [[[0], ['v', 'Float64Array', 1, 0, 1], ['b', 1]], 'AA=='],
  'a view that is not aligned': [[[0], ['v', 'Int16Array', 1, 1, 0], ['b', 2]], 'AAA='],
  'a view that begins behind its buffer': [[[0], ['v', 'Uint8Array', 1, 9, 0], ['b', 1]], 'AA=='],
  'a view of a view': [[[0], ['v', 'Uint8Array', 0, 0, 0]]],
  'a view of an array': [[[0], ['v', 'Uint8Array', 1, 0, 1], ['a', 1]]],
  'a view of nothing': [[[0], ['v', 'Uint8Array', 7, 0, 1]]],
  'a view of an unknown class': [[[0], ['v', 'Buffer', 1, 0, 0], ['b', 0]]],
  'a view of a class that objects have': [[[0], ['v', 'constructor', 1, 0, 0], ['b', 0]]],
  'a view of a class on the global object': [[[0], ['v', 'Function', 1, 0, 0], ['b', 0]]],
  'a view of 2^60 items': [[[0], ['v', 'Uint8Array', 1, 0, 2 ** 60], ['b', 0]]],
  'an error without a stack': [[[0], ['e', [], 'Error', 'm']]],
  'an error whose name is an object': [[[0], ['e', [], { a: 1 }, 'm', '']]],
  'an error of classes that are no list': [[[0], ['e', 'Error', 'Error', 'm', '']]],
  'an error of a class without a name': [[[0], ['e', [['global']], 'Error', 'm', '']]],
  'an error with a second stack': [[[0], ['e', [], 'Error', 'm', '', 'stack', 1]]],
  'a function that the call does not name': [[[0], ['f', 0]]],
  'a function by a word': [[[0], ['f', 'constructor']]],
  'a function below none': [[[0], ['f', -1]]],
  'an argument list that is an object': [[[0], ['o', 'length', 1]]],
  'an argument list that is a text': [['arguments']],
  'an argument list with holes': [[[0], ['s', HUGE]]],
  'an argument list with properties': [[[0], ['s', 1, '0', 1, 'x', 1]]],
};

/** Values that are such by their names, or in few words large. */
const oddValues: Readonly<Record<string, readonly [item: unknown[], ...nodes: unknown[]]>> = {
  'an object with the name of its prototype': [[1], ['o', '__proto__', [2]], ['o', 'owned', 1]],
  'an object with the names of the language': [
    [1],
    [
      'o',
      'constructor',
      1,
      'toString',
      2,
      'valueOf',
      3,
      'hasOwnProperty',
      4,
      '__defineGetter__',
      5,
    ],
  ],
  'an object that looks like a promise': [[1], ['o', 'then', 1, 'catch', 2]],
  'an object that says how it is written': [[1], ['o', 'toJSON', 1, 'inspect', 2]],
  'an array with the names of the language': [
    [1],
    ['s', 1, '0', 1, 'constructor', [2], '__proto__', [2], 'map', 1],
    ['o'],
  ],
  'an array of 2^32 - 1 holes': [[1], ['s', HUGE]],
  'an array with one item at its far end': [[1], ['s', HUGE, String(HUGE - 1), 1]],
  'an array whose index is none': [[1], ['s', 0, '4294967295', 1, '-1', 1, '1e3', 1]],
  'arrays in each other': [[1], ['a', [1], [2]], ['a', [1]]],
  'a map in itself': [[1], ['m', [1], [1]]],
  'a set of what is everywhere': [[1], ['t', [1], [2], '__proto__'], ['o', '__proto__', [1]]],
  'an invalid date': [[1], ['d', null]],
  'a date at the end of time': [[1], ['d', 1e300]],
  'a regular expression that takes for ever': [[1], ['r', '^(a+)+$', '']],
  'a regular expression with everything': [[1], ['r', '(?<=(\\p{L}+)+)$', 'gimsuyd']],
  'a bigint of a million digits': [[1], ['i', 'f'.repeat(1_000_000)]],
  'an error of a class that the program has on the global object': [
    [1],
    [
      'e',
      [
        ['global', 'Owned'],
        ['global', 'Function'],
        ['global', 'process'],
      ],
      'n',
      'm',
      's',
    ],
  ],
  'an error of classes that objects have': [
    [1],
    [
      'e',
      [
        ['registered', '__proto__'],
        ['library', 'constructor'],
        ['library', '__proto__'],
      ],
      'n',
      'm',
      's',
    ],
  ],
  'an error of an unknown origin': [
    [1],
    [
      'e',
      [
        ['elsewhere', 'Error'],
        [1, 'Error'],
      ],
      'n',
      'm',
      's',
    ],
  ],
  'an error with the names of the language': [
    [1],
    ['e', [], 'n', 'm', 's', '__proto__', [2], 'constructor', [2], 'toString', 1, 'cause', [1]],
    ['o', 'owned', 1],
  ],
  'an AggregateError of itself': [
    [1],
    ['e', [['global', 'AggregateError']], 'n', 'm', 's', 'errors', [2], 'cause', [1]],
    ['a', [1], [1]],
  ],
  'a SuppressedError of itself': [
    [1],
    ['e', [['global', 'SuppressedError']], 'n', 'm', 's', 'error', [1], 'suppressed', [1]],
  ],
  'a DOMException': [[1], ['e', [['global', 'DOMException']], 'AbortError', 'm', 's', 'code', 1]],
};

const chain = (kind: string, length: number): unknown[] =>
  Array.from({ length }, (_, i) => {
    const next = i + 1 < length ? [i + 2] : 1;
    return kind === 'e' ? ['e', [], 'n', 'm', 's', 'cause', next] : [kind, next];
  });

suite('values that are none, or odd', { skip: needsRedis, concurrency }, () => {
  for (const kind of kinds) {
    test(`T8 (${kind}): what is no value, among arguments or instead of them`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const attacks: [string, RawJob][] = [];
      for (const [name, [table, bytes]] of Object.entries(noValues)) {
        const beside = bytes === undefined ? {} : { bytes };
        attacks.push([name, { data: host.call(['echo'], { table, ...beside }) }]);
        const row = host.call(['echo'], {
          table: [...(table as unknown[])],
          ...beside,
          chunk: true,
        });
        attacks.push([`${name}, of a chunk`, { data: row }]);
      }
      await host.refuses(Object.fromEntries(attacks), 'ERR_FORMAT');
    });

    test(`T9 (${kind}): what has names of the language, or is large in few words`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      for (const [name, [item, ...nodes]] of Object.entries(oddValues)) {
        const table = [[0], ['a', item], ...nodes];
        assert.match(String(await host.answer(['kindOf'], { table })), /^\[object \w+\]$/, name);
        const back = await host.put({ data: host.call(['echo'], { table }) });
        // It comes back, or is too large to.
        assert.ok([undefined, 'ERR_TOO_LARGE'].includes(codeOf(await host.failure(back))), name);
        await host.unharmed();
      }
      const owned = [[0], ['a', [1]], ['o', '__proto__', [2], 'constructor', 1], ['o', 'owned', 1]];
      assert.deepEqual(await host.answer(['ownOf'], { table: owned }), [
        ['__proto__', 'object'],
        ['constructor', 'number'],
      ]);
    });

    test(`T10 (${kind}): what is nested deep, or shared so often that it is large when written out`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      for (const each of ['a', 't', 'e']) {
        const table = [[0], ['a', [1]], ...chain(each, 20_000)];
        assert.match(String(await host.answer(['kindOf'], { table })), /^\[object \w+\]$/, each);
      }
      const twice = Array.from({ length: 60 }, (_, i) => ['a', [i + 2], [i + 2]]);
      const shared = [[0], ['a', [1]], ...twice, ['a']];
      assert.equal(await host.answer(['lengthOf'], { table: shared }), 2);
      await host.unharmed();
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      const { json: _, ...call } = host.call(['echo'], { json: [] });
      const text = JSON.stringify(call).replace(/\}$/, `,"json":[${deep}]}`);
      const table = JSON.stringify(call).replace(/\}$/, `,"table":[[0],["a",${deep}]]}`);
      await host.refuses({ json: { data: text }, table: { data: table } }, 'ERR_FORMAT');
    });
  }
});
