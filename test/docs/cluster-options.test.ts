/** The guide to the cluster leaves no option out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClusterExecutor, serveCluster } from 'concurrent-futures/cluster';

const root = new URL('../../../', import.meta.url);
const guide = readFileSync(new URL('docs/guide/cluster.md', root), 'utf8');
const noSuch: object = { noSuchOption: true };

function assertInGuide(names: readonly string[]): void {
  assert.ok(names.length > 5, `only ${names.join(', ')} were found`);
  const missing = names.filter((name) => !new RegExp(`\`${name}[\`:]`).test(guide));
  assert.deepEqual(missing, []);
}

/** The error about an option that there is not lists those that there are. */
function listed(error: unknown): string[] {
  const [, list = ''] = /Known options: (.*)\.$/.exec(String(error)) ?? [];
  return list.split(', ');
}

test('every option of an executor is in the guide', () => {
  let names: string[] = [];
  assert.throws(
    () => new ClusterExecutor(noSuch),
    (error) => {
      names = listed(error);
      return true;
    },
  );
  assertInGuide(names);
});

test('every option of a host is in the guide', async () => {
  const error: unknown = await serveCluster(noSuch).catch((each: unknown) => each);
  assertInGuide(listed(error));
});

test('every argument of the command line is in the guide', () => {
  const program = fileURLToPath(new URL('dist/bundle/cli.js', root));
  const help = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
  const names = Array.from(help.matchAll(/^ {2}(--[a-z-]+)/gm), ([, name = '']) => name);
  assertInGuide(names.filter((name) => name !== '--help'));
});
