/** What the module of a function imports is imported there, too. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PicklingError, ThreadPoolExecutor } from 'concurrent-futures';
import libraryDefault, {
  change,
  changing,
  giveUnexported,
  load,
  server,
} from '../fixtures/functions/library.js';
import * as library from '../fixtures/functions/library.js';
import { runCases } from '../support/by-value.js';

const require = createRequire(import.meta.url);
const crypto = require('node:crypto') as typeof import('node:crypto');
const here = fileURLToPath(import.meta.url);

runCases('imports', {
  'a name from a module of Node': () => [
    () => createHash('sha1').update('a').digest('hex').slice(0, 8),
    '86f7e437',
  ],
  'the default export of a module of Node': () => [() => fs.existsSync('/no/such/file'), false],
  'all of a module of Node': () => [() => path.join('a', 'b'), path.join('a', 'b')],
  'a module of Node that was required': () => [
    () => crypto.createHash('sha1').update('a').digest('hex').length,
    40,
  ],
  'a name from a module of its own': () => [() => new library.Vector(-2).length(), 2],
  'a default export': () => [() => libraryDefault(), 'library'],
  'all of a module': () => [
    () => [typeof library.default, 'change' in library],
    ['function', true],
  ],
  'a module behind the proxy of a loader': () => {
    const proxied = new Proxy(library, {});
    return [() => typeof proxied.change, 'function'];
  },
  'a module as a value': () => [
    () => {
      const whole = library;
      return Object.keys(whole).includes('giveUnexported');
    },
    true,
  ],
  'something that belongs to a thread: there it is the one of the worker': () => [
    () => [typeof server.listen, server.listening],
    ['function', false],
  ],
  'a variable that its module changes: there it is what the module of the worker says': () => {
    change();
    return [() => changing, 'as it is imported'];
  },
  'this library': () => [
    () => [typeof ThreadPoolExecutor, new PicklingError('x') instanceof PicklingError],
    ['function', true],
  ],
  'a function of another module that does not export it': () => {
    const unexported = giveUnexported();
    return [() => unexported(), 42];
  },
  'import() of a relative path': () => [
    async () => (await import('../fixtures/functions/default-named.js')).default(1),
    'default named 1',
  ],
  'import() of a path that is made up': () => {
    const name = 'default-arrow';
    return [
      async () => {
        const found = (await import(`../fixtures/functions/${name}.js`)) as { default: unknown };
        return typeof found.default;
      },
      'function',
    ];
  },
  'import() in a function of another module': () => {
    const loads = load;
    return [async () => (await loads()).default(2), 'default named 2'];
  },
  'import() of a module of Node': () => [
    async () => (await import('node:os')).EOL.length > 0,
    true,
  ],
  'import.meta.url': () => [() => import.meta.url, import.meta.url],
  'import.meta.filename, dirname and resolve': () => [
    () => [
      import.meta.filename,
      import.meta.dirname,
      import.meta.resolve('./values.test.js'),
      import.meta.resolve('node:fs'),
    ],
    [here, path.dirname(here), new URL('values.test.js', import.meta.url).href, 'node:fs'],
  ],
  'import.meta in texts and comments': () => [
    () => ['import.meta.url', /import.meta/.source /* import.meta */, `${import.meta.url}`],
    ['import.meta.url', 'import.meta', import.meta.url],
  ],
  'a require that was made for this file': () => {
    const { resolve } = require;
    const own = resolve('../fixtures/functions/library.js');
    return [() => require.resolve('../fixtures/functions/library.js'), own];
  },
});
