/** Functions that are packed in one folder, and run in another that has the same program. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findModule, nameModule } from '#dist/cluster/module-name.js';
import { findModules, modulesOf, nameModules } from '#dist/cluster/packed-modules.js';
import { packFunction } from '#dist/functions/prepare.js';
import type { Packed, PackedNode } from '#dist/protocol/packed.js';
import { revive } from '#dist/worker/revive.js';
import { writeModules } from '../support/modules.js';

type AnyFunction = (...args: unknown[]) => unknown;

const IMPORT_TIMEOUT = 10_000;
const urlOf = (...path: string[]): string => pathToFileURL(join(...path)).href;

/** The same program, except that it knows where it is. */
const program = (where: string): Record<string, string> => ({
  'package.json': '{ "type": "module" }',
  'src/main.js': `
    import { readFileSync } from 'node:fs';
    import { basename } from 'path';
    import { where } from './lib.js';
    import * as all from './lib.js';
    import { tool } from 'tool';
    import * as tools from '@acme/tools/all.js';
    import { exported } from './exported.js';
    const one = 1;
    const again = exported;
    const made = {
      imports: () => where,
      importsAll: () => all.where,
      importsPackage: () => [tool, tools.name],
      importsBuiltin: () => basename('/a/b') + typeof readFileSync,
      refers: () => again(),
      refersToClass: () => new all.Place().where,
      meta: () => import.meta.url,
      reads: () => readFileSync(new URL('./data.txt', import.meta.url), 'utf8'),
      importsLater: async () => (await import('./later.js')).where,
      importsPackageLater: async () => (await import('tool')).tool,
      throws: () => new Error('made').stack,
      nothing: () => 1 + 1,
      both: () => [inner(), where],
      bound: exported.bind(undefined),
      several: () => [1, 2].map((each) => maker(each)()).concat(one),
    };
    const inner = () => 1 + 1;
    const maker = (each) => () => each;
    export const give = (name) => made[name];
  `,
  'src/lib.js': `export const where = '${where}'; export class Place { where = where }`,
  'src/exported.js': `export const exported = () => 'exported ${where}';`,
  'src/later.js': `export const where = 'later ${where}';`,
  'src/data.txt': where,
  'src/main.cjs': `
    const lib = require('./lib.cjs');
    const { basename } = require('path');
    const made = {
      requires: () => require('./later.cjs').where,
      captured: () => lib.give() + basename('/a/b'),
      dirname: () => __dirname,
    };
    const load = require;
    made.passedOn = () => load('./lib.cjs').where;
    exports.give = (name) => made[name];
  `,
  'src/lib.cjs': `exports.where = '${where}'; exports.give = () => '${where}'`,
  'src/later.cjs': `exports.where = 'later ${where}'`,
  'node_modules/tool/package.json':
    '{ "name": "tool", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'node_modules/tool/index.js': `export const tool = 'tool ${where}'`,
  'node_modules/@acme/tools/package.json': '{ "name": "@acme/tools", "type": "module" }',
  'node_modules/@acme/tools/all.js': `export const name = 'tools ${where}'`,
});

interface Trip {
  readonly here: string;
  readonly there: string;
  readonly packed: Packed;
  /** What travels. */
  readonly named: Packed;
}

/** Packs what the module gives under this name. */
async function pack(t: TestContext, name: string, module = 'src/main.js'): Promise<Trip> {
  const here = writeModules(t, program('here'));
  const there = writeModules(t, program('there'));
  const { give } = (await import(urlOf(here, module))) as { give: (name: string) => AnyFunction };
  const packed = packFunction(give(name));
  const named = structuredClone(nameModules(packed, (url) => nameModule(url, here)));
  return { here, there, packed, named };
}

async function run({ there, named }: Pick<Trip, 'there' | 'named'>): Promise<unknown> {
  const found = findModules(named, (name) => findModule(name, there));
  const { fn } = await revive(found, IMPORT_TIMEOUT);
  return fn();
}

const namesOf = ({ packed, here }: Trip): string[] =>
  modulesOf(packed, here)
    .map((url) => nameModule(url, here))
    .toSorted();

const table: Readonly<
  Record<string, { result: unknown; modules: readonly string[]; main?: string }>
> = {
  imports: { result: 'there', modules: ['root:src/lib.js'] },
  importsAll: { result: 'there', modules: ['root:src/lib.js'] },
  importsPackage: {
    result: ['tool there', 'tools there'],
    modules: ['package:@acme/tools/package.json', 'package:tool/package.json'],
  },
  importsBuiltin: { result: 'bfunction', modules: ['node:fs', 'node:path'] },
  refers: { result: 'exported there', modules: ['root:src/exported.js'] },
  refersToClass: { result: 'there', modules: ['root:src/lib.js'] },
  importsLater: { result: 'later there', modules: ['root:src/later.js'] },
  importsPackageLater: { result: 'tool there', modules: ['package:tool/package.json'] },
  reads: { result: 'there', modules: ['node:fs'] },
  nothing: { result: 2, modules: [] },
  both: { result: [2, 'there'], modules: ['root:src/lib.js'] },
  bound: { result: 'exported there', modules: ['root:src/exported.js'] },
  several: { result: [1, 2, 1], modules: [] },
  requires: { result: 'later there', modules: ['root:src/later.cjs'], main: 'src/main.cjs' },
  captured: {
    result: 'thereb',
    modules: ['node:path', 'root:src/lib.cjs'],
    main: 'src/main.cjs',
  },
  passedOn: { result: 'there', modules: [], main: 'src/main.cjs' },
};

const asUrl = (place: string): string => (isAbsolute(place) ? pathToFileURL(place).href : place);

/** Lists as they are, with paths as URLs: both mean the same to whoever loads them. */
function withUrls({ nodes }: Packed): PackedNode[] {
  return nodes.map((node) => {
    if (node.k === 'closure')
      return { ...node, code: { ...node.code, file: asUrl(node.code.file) } };
    return node.k === 'require' ? { ...node, url: asUrl(node.url) } : node;
  });
}

suite('functions abroad', () => {
  for (const [name, { result, modules, main }] of Object.entries(table)) {
    test(`${name}: run what is there, and say which modules that is`, async (t) => {
      const trip = await pack(t, name, main);
      assert.deepEqual(namesOf(trip), modules);
      assert.deepEqual(await run(trip), result);
    });

    test(`${name}: take nothing along of where they come from`, async (t) => {
      const { here, named } = await pack(t, name, main);
      const [, folder = ''] = /(concurrent-futures-\w+)/.exec(here) ?? [];
      assert.ok(!JSON.stringify(named).includes(folder), JSON.stringify(named));
    });

    test(`${name}: do not need the module there that they were written in`, async (t) => {
      const trip = await pack(t, name, main);
      rmSync(join(trip.there, main ?? 'src/main.js'));
      assert.deepEqual(await run(trip), result);
    });

    test(`${name}: found here again, they are what they were`, async (t) => {
      const { packed, named, here } = await pack(t, name, main);
      const back = findModules(named, (each) => findModule(each, here));
      assert.deepEqual(modulesOf(back, here), modulesOf(packed, here));
      assert.deepEqual(withUrls(back), withUrls(structuredClone(packed)));
    });
  }

  test('import.meta.url is where the module is there', async (t) => {
    const trip = await pack(t, 'meta');
    assert.equal(await run(trip), urlOf(trip.there, 'src/main.js'));
    rmSync(join(trip.there, 'src/main.js'));
    assert.equal(await run(trip), urlOf(trip.there, 'src/main.js'));
  });

  test('stack traces show the file there', async (t) => {
    const trip = await pack(t, 'throws');
    assert.match(String(await run(trip)), /^Error: made\n.*concurrent-futures-\w+.src.main\.js:\d/);
    assert.ok(String(await run(trip)).includes(trip.there));
  });

  test('what was packed is left as it is', async (t) => {
    const { packed, here } = await pack(t, 'both');
    const before = structuredClone(packed);
    findModules(
      nameModules(packed, (url) => nameModule(url, here)),
      (name) => findModule(name, here),
    );
    assert.deepEqual(packed, before);
  });
});
