/** What functions of CommonJS modules use. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { workerBackends } from '../support/backends.js';
import { type LooseModule, writeModules } from '../support/modules.js';

const require = createRequire(import.meta.url);

const files = {
  'helper.cjs': `
    let n = 0;
    exports.count = () => ++n;
    exports.Thing = class Thing { hello() { return 'hello'; } };
    exports.default = () => 'named default';`,
  'callable.cjs': `module.exports = (a) => 'called ' + a; module.exports.extra = 'extra';`,
  'compiled.cjs': `
    "use strict";
    Object.defineProperty(exports, '__esModule', { value: true });
    exports.value = 1;
    exports.add = (a, b) => a + b;
    exports.socket = new (require('node:net').Socket)();`,
  'esm.mjs': `export const which = () => 'es module'; export default () => 'default';`,
  'main.cjs': `
    const helper = require('./helper.cjs');
    const { Thing } = require('./helper.cjs');
    const callable = require('./callable.cjs');
    const compiled_1 = require('./compiled.cjs');
    const { join } = require('node:path');
    const fs = require('fs');
    const { promises } = fs;
    const thing = new Thing();
    const tests = {
      module: () => typeof helper.count(),
      identity: () => helper.Thing === Thing && thing instanceof Thing,
      instance: () => thing.hello(),
      callable: () => callable(callable.extra),
      members: () => (0, compiled_1.add)(compiled_1.value, 2),
      builtin: () => join('a', 'b'),
      builtinNamespace: () => typeof promises.readFile,
      exports: () => typeof module.exports.give,
      builtinModule: () => typeof fs.readFileSync,
      require: () => require('./callable.cjs')(1),
      resolve: () => require.resolve('./callable.cjs'),
      dynamic: async () => (await import('./esm.mjs')).which(),
      filename: () => [__filename, __dirname],
      sloppy: () => (function () { return typeof this; })(),
    };
    exports.give = (name) => tests[name];`,
};

for (const backend of workerBackends) {
  suite(`functions of CommonJS modules (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());

    test('what they use is required there, or copied', async (t) => {
      const folder = writeModules(t, files);
      const { give } = require(join(folder, 'main.cjs')) as LooseModule;
      const expected: Record<string, unknown> = {
        module: 'number',
        identity: true,
        instance: 'hello',
        callable: 'called extra',
        members: 3,
        builtin: join('a', 'b'),
        builtinModule: 'function',
        builtinNamespace: 'function',
        exports: 'function',
        require: 'called 1',
        resolve: join(folder, 'callable.cjs'),
        dynamic: 'es module',
        filename: [join(folder, 'main.cjs'), folder],
        sloppy: 'object',
      };
      for (const [name, result] of Object.entries(expected))
        assert.deepEqual(await pool.submit(give!(name) as () => unknown), result, name);
    });

    test('an ES module imports from them by name, as default, and all', async (t) => {
      const text = `
        import { count, Thing } from './helper.cjs';
        import helper from './helper.cjs';
        import * as all from './helper.cjs';
        import callable from './callable.cjs';
        const tests = {
          named: () => typeof count(),
          class: () => new Thing().hello(),
          default: () => helper.Thing === Thing,
          all: () => all.default === helper,
          callable: () => callable(1),
        };
        export const give = (name) => tests[name];`;
      const folder = writeModules(t, { ...files, 'user.mjs': text });
      const url = pathToFileURL(join(folder, 'user.mjs')).href;
      const { give } = (await import(url)) as LooseModule;
      const expected: Record<string, unknown> = {
        named: 'number',
        class: 'hello',
        default: true,
        all: true,
        callable: 'called 1',
      };
      for (const [name, result] of Object.entries(expected))
        assert.deepEqual(await pool.submit(give!(name) as () => unknown), result, name);
    });
  });
}
