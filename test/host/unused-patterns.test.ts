/** Patterns that nothing matches, as a host finds them at its start. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { unusedPatterns } from '#dist/host/unused-patterns.js';
import { HostProcess } from '../support/hosts.js';
import { writeModules } from '../support/modules.js';
import { needsRedis, redisUrl, uniqueQueue } from '../support/redis.js';

function makeRoot(t: TestContext): string {
  const folder = writeModules(t, {
    'app/src/jobs/image.js': '',
    'app/src/main.ts': '',
    'app/lib/deep/er/x.mjs': '',
    'app/node_modules/tool/index.js': '',
    'app/node_modules/@acme/jobs/lib/a.js': '',
    'node_modules/outer/index.js': '',
    'elsewhere/linked.js': '',
  });
  mkdirSync(join(folder, 'app/empty'));
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'app/link'));
  symlinkSync(join(folder, 'app'), join(folder, 'app/empty/round'));
  return join(folder, 'app');
}

suite('a pattern', () => {
  for (const pattern of [
    'src/jobs/**',
    'root:src/jobs/*.js',
    './src/main.ts',
    'src/main.{js,ts}',
    '**',
    '**/x.mjs',
    'lib/**/x.*',
    '*/jobs/image.js',
    'src/mai?.ts',
    'link/*.js',
    'package:tool/**',
    'package:@acme/**',
    'package:@*/jobs/lib/a.js',
    'package:outer/index.js',
    'package:{gone,tool}/**',
    'node:fs',
    'node:fs/promises',
    'node:test',
    'node:{crypto,zlib}',
    'node:**',
    'global:fetch',
    'global:Object.*',
  ]) {
    test(`that matches something: ${pattern}`, async (t) => {
      assert.deepEqual(await unusedPatterns([pattern], makeRoot(t)), []);
    });
  }

  for (const pattern of [
    'jobs/**',
    'src/jobs/*.ts',
    'src/jobs',
    'src/mian.ts',
    'src/main.{js,mjs}',
    '**/y.mjs',
    'tool/**',
    '**/tool/*',
    'elsewhere/**',
    'package:@acem/**',
    'package:gone/**',
    'package:tool/lib/*.js',
    'package:outer/*/x.js',
    'node:crytpo',
    'node:fs/*/x',
    'node:crytpo/**',
    'global:fecth',
    'global:Objekt.*',
  ]) {
    test(`that matches nothing: ${pattern}`, async (t) => {
      assert.deepEqual(await unusedPatterns(['**', pattern], makeRoot(t)), [pattern]);
    });
  }

  test('below a root that is not there', async () => {
    assert.deepEqual(await unusedPatterns(['src/**', 'node:fs'], '/nowhere/at/all'), ['src/**']);
  });
});

test(
  'a host says which of its patterns nothing matches, and starts',
  { skip: needsRedis },
  async (t) => {
    const where = ['host', '--redis', redisUrl(), '--queue', uniqueQueue(t), '--json'];
    const allow = ['src/jbos/**', 'src/**', 'package:gone/**'].flatMap((each) => ['--allow', each]);
    const host = new HostProcess(t, [...where, '--root', makeRoot(t), ...allow]);
    assert.equal((await host.when('pattern-unused')).pattern, 'src/jbos/**');
    assert.equal((await host.when('pattern-unused', 2)).pattern, 'package:gone/**');
    await host.when('started');
    const { code, stderr } = await host.terminate();
    assert.equal(code, 0);
    assert.match(stderr, /Nothing matches the pattern src\/jbos\/\*\*/);
    assert.match(stderr, /Nothing matches the pattern package:gone\/\*\*/);
    assert.equal(host.count('pattern-unused'), 2);
  },
);
