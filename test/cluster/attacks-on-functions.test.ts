/**
 * Attacks by whoever can write to Redis, on a queue without a secret: functions that the host may not run. The numbers are
 * those of the page on trust, docs/design/trust.md.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FORMAT } from '#dist/cluster/call-format.js';
import { AttackedHost, kinds, type RawJob } from '../support/attacked-host.js';
import { needsRedis } from '../support/redis.js';

const concurrency = 2;

/** What would leave a mark if somebody ran it. */
const EVIL =
  "process.getBuiltinModule('node:fs').writeFileSync('mark', ''); Object.prototype.owned = 1;";
const code = {
  source: `() => { ${EVIL} }`,
  form: 'expression',
  strict: true,
  file: '',
  line: 0,
  column: 0,
  imports: false,
  names: [],
  assigned: [],
};
const getsFunction = {
  k: 'object',
  proto: null,
  entries: [],
  accessors: [{ key: 'x', get: { n: 1 }, set: undefined, enumerable: true }],
};
/** Values as the format for trusted code has them: each would be code, or lead to some. */
const packed: Readonly<Record<string, readonly unknown[]>> = {
  'a closure': [{ k: 'closure', name: 'f', code, values: [] }],
  'a closure that imports': [
    { k: 'closure', name: 'f', code: { ...code, imports: true }, values: [] },
  ],
  'a global': [{ k: 'global', path: ['Function'] }],
  'what a global has been bound to': [
    { k: 'bound', target: { n: 1 }, self: null, args: [EVIL], name: 'f' },
    { k: 'global', path: ['Function'] },
  ],
  'an accessor that makes functions': [
    getsFunction,
    { k: 'bound', target: { n: 2 }, self: null, args: [EVIL], name: 'f' },
    { k: 'global', path: ['Function'] },
  ],
  'a reference': [{ k: 'reference', at: { module: 'node:child_process', path: ['execSync'] } }],
  'a module': [{ k: 'module', url: 'root:private/mark.mjs' }],
  'an import': [{ k: 'import', from: '', specifier: '\t../../outside.mjs' }],
  'an importer': [{ k: 'importer', url: 'root:private/mark.mjs' }],
  'a require': [{ k: 'require', url: 'root:jobs/probe.mjs' }],
};

/** Paths from the global object. */
const globals: readonly string[] = [
  'eval',
  'Function',
  'Function.prototype.call',
  'Function.constructor',
  'Math.max.constructor',
  'Math.constructor.constructor',
  'JSON.constructor',
  'Reflect.apply',
  'Reflect.construct',
  'Reflect.get',
  'Reflect.set',
  'Reflect.setPrototypeOf',
  'Array.prototype.reduce',
  'Array.from',
  'Object.assign',
  'Object.defineProperty',
  'Object.setPrototypeOf',
  'Object.freeze',
  'Object.getOwnPropertyDescriptor',
  'Object.prototype.__defineGetter__',
  'globalThis.process.exit',
  'globalThis.globalThis.eval',
  'global.process.exit',
  'process.exit',
  'process.kill',
  'process.abort',
  'process.binding',
  'process.dlopen',
  'process.chdir',
  'process.getBuiltinModule',
  'process.mainModule.require',
  'fetch',
  'setTimeout',
  'setInterval',
  'queueMicrotask',
  'Promise',
  'Promise.resolve',
  'Proxy',
  'Symbol',
  'WebAssembly.compile',
  'Atomics.wait',
  'SharedArrayBuffer',
  'console.log',
  'require',
  'Buffer.alloc',
  'Error.captureStackTrace',
  'BigInt.asUintN',
  'constructor.constructor',
  '__proto__.constructor',
  'toString.constructor',
];

/** Names of modules, and where they may lead. */
const modules: readonly string[] = [
  'root:private/mark.mjs',
  'root:../outside.mjs',
  'root:jobs/../private/mark.mjs',
  'root:jobs/../../outside.mjs',
  'root:./jobs/../private/mark.mjs',
  'root:jobs//../private/mark.mjs',
  'root:/etc/passwd',
  'root://localhost/etc/passwd',
  'root:jobs/everything/etc/passwd',
  'root:jobs/everything/proc/self/environ',
  'root:%2e%2e/outside.mjs',
  'root:jobs/%2e%2e/private/mark.mjs',
  'root:jobs%2f..%2fprivate/mark.mjs',
  'root:jobs/%252e%252e/private/mark.mjs',
  'root:jobs\\..\\private\\mark.mjs',
  'root:..\\outside.mjs',
  'root:jobs/\u{ff0e}\u{ff0e}/private/mark.mjs',
  'root:jobs/\u2025/private/mark.mjs',
  'root:jobs\u{ff0f}..\u{ff0f}private\u{ff0f}mark.mjs',
  'root:private/mark.mjs?jobs/probe.mjs',
  'root:private/mark.mjs#/jobs/probe.mjs',
  'root:jobs/probe.mjs/../../private/mark.mjs',
  'root:jobs/probe.mjs\0/../private/mark.mjs',
  'root:jobs/%00/../../private/mark.mjs',
  'ROOT:jobs/probe.mjs',
  'root:Jobs/../private/mark.mjs',
  '\t../../outside.mjs',
  ' root:private/mark.mjs',
  './private/mark.mjs',
  '../outside.mjs',
  'private/mark.mjs',
  '#internal',
  'package:tool/index.js',
  'package:../x',
  'package:../../outside.mjs',
  'package:@a/../../x',
  'package:@/../app/private/mark.mjs',
  'package:tool/../../private/mark.mjs',
  'package:tool',
  'package:tool/',
  'package:.bin/tool',
  'package:node_modules/tool/index.js',
  'package:concurrent-futures/dist/index.js',
  'package:',
  'root:',
  'root:node_modules/tool/index.js',
  'root:jobs/../node_modules/tool/index.js',
  'node:child_process',
  'node:fs',
  'node:fs/promises',
  'node:module',
  'node:vm',
  'node:process',
  'node:worker_threads',
  'node:nonsense',
  'NODE:fs',
  'node:fs?x',
  'fs',
  'child_process',
  'file:///etc/passwd',
  'data:text/javascript,export default 1',
  'http://127.0.0.1/x.mjs',
  'blob:nodedata:1',
  'wasm:x',
  'javascript:1',
  '',
  `root:${'a/'.repeat(5_000)}x.mjs`,
  `root:jobs/${'x'.repeat(300)}.mjs`,
];

/** Ways from the allowed module to what the language, or Node, has given to it. */
const paths: readonly (readonly string[])[] = [
  ['add', 'constructor'],
  ['add', 'constructor', 'constructor'],
  ['add', '__proto__', 'constructor'],
  ['add', 'call'],
  ['add', 'bind'],
  ['add', 'apply'],
  ['add', 'toString'],
  ['add', 'prototype'],
  ['later', 'constructor'],
  ['later', '__proto__', 'constructor'],
  ['Job', 'prototype', 'run'],
  ['Job', 'prototype', 'constructor', 'constructor'],
  ['Job', 'constructor'],
  ['Job', '__proto__'],
  ['job', 'constructor', 'constructor'],
  ['job', '__proto__', 'run'],
  ['job', 'run'],
  ['tools', 'constructor', 'constructor'],
  ['tools', '__proto__', 'constructor'],
  ['tools', 'inner', 'hasOwnProperty'],
  ['tools', 'world', 'eval'],
  ['tools', 'world', 'Function'],
  ['tools', 'world', 'Object', 'assign'],
  ['tools', 'process', 'exit'],
  ['tools', 'process', 'mainModule', 'require'],
  ['tools', 'trap', 'constructor'],
  ['Bus', 'once'],
  ['Bus', 'constructor'],
  ['default', 'constructor'],
  ['default', 'default', 'constructor'],
  ['default', '__proto__', '__proto__', 'constructor'],
  ['then'],
  ['constructor'],
  ['__proto__'],
  ['hasOwnProperty'],
  ['toString'],
  [''],
  ['add', ''],
  ['missing'],
  Array.from({ length: 5_000 }, () => 'tools'),
];

function each<T, R>(
  given: Readonly<Record<string, T>>,
  to: (value: T) => R,
): Readonly<Record<string, R>> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, to(value)]));
}

function named(names: readonly string[], to: (name: string) => RawJob): Record<string, RawJob> {
  return Object.fromEntries(names.map((name) => [name, to(name)]));
}

function parsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

suite('functions that a host may not run', { skip: needsRedis, concurrency }, () => {
  for (const kind of kinds) {
    test(`T1 (${kind}): code that comes along with a call`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const graphs = each(packed, (nodes) => ({ fn: { n: 0 }, nodes }));
      const asCode = each(graphs, (graph) => ({
        data: { cf: FORMAT, source: { code: {} }, json: [graph] },
      }));
      await host.refuses(asCode, 'ERR_NOT_ALLOWED');
      // Among arguments it is data, and stays that.
      for (const graph of Object.values(graphs))
        assert.deepEqual(await host.answer(['echo'], { json: [graph] }), parsed(graph));
      await host.unharmed();
    });

    test(`T2 (${kind}): records of releases that sent code as values`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const source = { packed: { fn: { n: 0 }, nodes: packed['a closure'] } };
      const records = [1, 0, -1, 1.5, 3, 1e9].flatMap((cf) => [
        [`${cf} with arguments`, { data: { cf, source, args: '' } }] as const,
        [`${cf} with bytes`, { data: { cf, source: { value: source }, v8: '' } }] as const,
      ]);
      await host.refuses(Object.fromEntries(records), 'ERR_FORMAT');
    });

    test(`T3 (${kind}): functions of the language, as what is called and among arguments`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const called = named(globals, (name) => ({
        data: { cf: FORMAT, source: { global: name.split('.') }, json: [EVIL] },
      }));
      await host.refuses(called, 'ERR_NOT_ALLOWED');
      const given = named(globals, (name) => {
        const functions = [{ global: name.split('.') }];
        return { data: host.call(['echo'], { functions, table: [[0], ['a', [1]], ['f', 0]] }) };
      });
      await host.refuses(given, 'ERR_NOT_ALLOWED');
      const changing = named(['Object.prototype', 'Math', 'JSON', 'globalThis'], (name) => {
        const table = [[0], ['a', [1], [2]], ['f', 0], ['o', 'owned', 1, 'max', 2, 'parse', 3]];
        const functions = [{ global: name.split('.') }];
        return { data: { cf: FORMAT, source: { global: ['Object', 'assign'] }, functions, table } };
      });
      await host.refuses(changing, 'ERR_NOT_ALLOWED');
    });

    test(`T4 (${kind}): names that lead out of what is allowed`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const hash = host.hashOf('private/mark.mjs');
      for (const more of [{}, { commonjs: true }]) {
        const attacks = named(modules, (module) => {
          const source = { module, hash, path: ['default'], ...more };
          return { data: { cf: FORMAT, source, json: [] } };
        });
        await host.refuses(attacks, 'ERR_NOT_ALLOWED', 'ERR_IMPORT');
      }
    });

    test(`T5 (${kind}): symbolic links that lead out of it`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const files = ['jobs/out.mjs', 'jobs/link.mjs', 'jobs/folder/mark.mjs'];
      const names = files.flatMap((file) => [file, `${file}?x`, `${file}#x`]);
      const attacks = named(names, (name) => {
        const hash = host.hashOf(name.replace(/[?#].*/, ''));
        const source = { module: `root:${name}`, hash, path: ['touch'] };
        return { data: { cf: FORMAT, source, json: [] } };
      });
      await host.refuses(attacks, 'ERR_NOT_ALLOWED');
    });

    test(`T6 (${kind}): what an allowed module has in its hands`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      for (const more of [{}, { detached: true }]) {
        const attacks = paths.map((path) => {
          const source = {
            module: 'root:jobs/probe.mjs',
            hash: host.hashOf('jobs/probe.mjs'),
            path,
          };
          const data = { cf: FORMAT, source: { ...source, ...more }, json: [EVIL] };
          return [path.slice(0, 6).join('.'), { data }] as const;
        });
        await host.refuses(Object.fromEntries(attacks), 'ERR_NOT_ALLOWED', 'ERR_IMPORT');
      }
      const hash = host.hashOf('jobs/hidden.cjs');
      const hidden = [{}, { commonjs: true }].map((more) => {
        const source = { module: 'root:jobs/hidden.cjs', hash, path: ['writeFileSync'], ...more };
        return [
          JSON.stringify(more),
          { data: { cf: FORMAT, source, json: ['mark', ''] } },
        ] as const;
      });
      await host.refuses(Object.fromEntries(hidden), 'ERR_NOT_ALLOWED');
    });

    test(`T7 (${kind}): files that are no JavaScript, or other code than the caller says`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const text = host.call(['touch'], { json: [] }, 'jobs/notes.txt');
      const required = { ...text, source: { ...(text['source'] as object), commonjs: true } };
      await host.refuses({ text: { data: text }, required: { data: required } }, 'ERR_NOT_ALLOWED');
      const versions = named(['', 'other', 'none'], (name) => {
        const hash = name === 'none' ? {} : { hash: name };
        const source = { module: 'root:jobs/probe.mjs', path: ['add'], ...hash };
        return { data: { cf: FORMAT, source, json: [1, 2], mismatchPatience: 0 } };
      });
      await host.refuses(versions, 'ERR_CODE_MISMATCH');
    });
  }
});
