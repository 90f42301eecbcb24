/** The functions of a module are there under the names that somebody who requires or imports it would use. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Future } from 'concurrent-futures';
import { workerBackends } from '../support/backends.js';
import { makeProgramFolder } from '../support/program.js';

type Calls = Readonly<Record<string, (...args: unknown[]) => Future<unknown>>>;

const files = {
  'function.cjs':
    'module.exports = function main(x) { return `main ${x}`; }; module.exports.a = (x) => `a ${x}`; ',
  'named-later.cjs':
    'function fn(x) { return `fn ${x}`; } module.exports = fn; fn.a = (x) => `a ${x}`;',
  'class.cjs':
    'class Base { static made(x) { return `${this.name} ${x}`; } } module.exports = class Thing extends Base { static own(x) { return `own ${x}`; } };',
  'object.cjs': 'const a = (x) => `a ${x}`; module.exports = { a };',
  'computed.cjs': "const n = 'a'; exports[n] = (x) => `a ${x}`;",
  'assigned.cjs': 'Object.assign(exports, { a: (x) => `a ${x}` });',
  'again.cjs': "module.exports = { ...require('./computed.cjs'), ...require('./function.cjs') };",
  'compiled.cjs':
    "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = (x) => `default ${x}`; exports.a = (x) => `a ${x}`;",
  'getter.cjs': "Object.defineProperty(exports, 'a', { get: () => (x) => `a ${x}` });",
  'again.js':
    "export { default, named as other } from './module.js'; export * from './module.js'; export { default as whole } from './function.cjs';",
  'module.js':
    'export function named(x) { return `named ${x}`; } export default Object.assign((x) => `default ${x}`, { a: (x) => `a ${x}` });',
};

/** File, name, what it returns for 1. */
const calls: readonly (readonly [keyof typeof files, string, string])[] = [
  ['function.cjs', 'default', 'main 1'],
  ['function.cjs', 'a', 'a 1'],
  ['named-later.cjs', 'a', 'a 1'],
  ['class.cjs', 'own', 'own 1'],
  ['class.cjs', 'made', 'Thing 1'],
  ['object.cjs', 'a', 'a 1'],
  ['computed.cjs', 'a', 'a 1'],
  ['assigned.cjs', 'a', 'a 1'],
  ['again.cjs', 'a', 'a 1'],
  ['compiled.cjs', 'default', 'default 1'],
  ['compiled.cjs', 'a', 'a 1'],
  ['getter.cjs', 'a', 'a 1'],
  ['module.js', 'default', 'default 1'],
  ['module.js', 'named', 'named 1'],
  ['again.js', 'default', 'default 1'],
  ['again.js', 'other', 'named 1'],
  ['again.js', 'whole', 'main 1'],
];

/** Names that are none of the module's. */
const missing: readonly (readonly [keyof typeof files, string, RegExp])[] = [
  ['function.cjs', 'call', /no export 'call'/],
  ['function.cjs', 'toString', /no export 'toString'/],
  ['object.cjs', 'b', /no export 'b'.* It exports a/],
  ['computed.cjs', 'hasOwnProperty', /no export 'hasOwnProperty'/],
  ['module.js', 'a', /no export 'a'.* default export has a member of that name/],
  ['again.js', 'a', /no export 'a'/],
];

for (const backend of workerBackends) {
  suite(`${backend.name}: the functions of a module`, () => {
    test('are called by their names, and none that it does not have', async (t) => {
      const folder = makeProgramFolder(t, files);
      await using executor = backend.make({ maxWorkers: 1 });
      const moduleOf = (file: string): Calls =>
        executor.module<Calls>(pathToFileURL(join(folder, file)));
      for (const [file, name, right] of calls)
        assert.equal(await moduleOf(file)[name]?.(1), right, `${file}: ${name}`);
      for (const [file, name, message] of missing)
        await assert.rejects(async () => moduleOf(file)[name]?.(1), {
          code: 'ERR_IMPORT',
          message,
        });
    });

    test('are found when they are submitted', async (t) => {
      const folder = makeProgramFolder(t, files);
      await using executor = backend.make({ maxWorkers: 1, functions: 'reference' });
      const require = createRequire(join(folder, 'x.js'));
      for (const [file, name, right] of calls) {
        // Inherited, and made anew by each look at it.
        if (file === 'getter.cjs' || !file.endsWith('.cjs') || name === 'made') continue;
        const exported = require(`./${file}`) as Record<string, (x: number) => string>;
        const fn = name === 'default' ? (exported['default'] ?? exported) : exported[name];
        assert.equal(
          await executor.submit(fn as (x: number) => string, 1),
          right,
          `${file}: ${name}`,
        );
      }
    });
  });
}
