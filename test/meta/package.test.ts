/** What package.json promises: its entries export what is on the list, and its program runs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as library from 'concurrent-futures';
import * as cluster from 'concurrent-futures/cluster';

const root = new URL('../../../', import.meta.url);
const { bin } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  readonly bin?: Readonly<Record<string, string>>;
};

test('the main entry exports these values', () => {
  assert.deepEqual(Object.keys(library).toSorted(), [
    'ALL_COMPLETED',
    'BrokenExecutor',
    'BrokenProcessPool',
    'BrokenThreadPool',
    'CancelledError',
    'DeadlockError',
    'Executor',
    'ExecutorError',
    'FIRST_COMPLETED',
    'FIRST_EXCEPTION',
    'Future',
    'InlineExecutor',
    'InvalidStateError',
    'PicklingError',
    'ProcessPoolExecutor',
    'RemoteError',
    'ShutdownError',
    'ThreadPoolExecutor',
    'TimeoutError',
    'asCompleted',
    'currentExecutor',
    'currentSignal',
    'describe',
    'registerErrorClass',
    'task',
    'transfer',
    'wait',
  ]);
});

test("the cluster's entry exports these values", () => {
  assert.deepEqual(Object.keys(cluster).toSorted(), [
    'BrokenCluster',
    'ClusterExecutor',
    'ClusterFuture',
    'ClusterHost',
    'CodeMismatchError',
    'MissingPeerError',
    'serveCluster',
  ]);
});

test('what the entries have in common is the same in both', () => {
  const { BrokenCluster, ClusterExecutor, ClusterFuture, CodeMismatchError, MissingPeerError } =
    cluster;
  assert.ok(ClusterExecutor.prototype instanceof library.Executor);
  assert.equal(Object.getPrototypeOf(ClusterFuture), library.Future);
  assert.equal(Object.getPrototypeOf(BrokenCluster), library.BrokenExecutor);
  assert.equal(Object.getPrototypeOf(CodeMismatchError), library.PicklingError);
  assert.equal(Object.getPrototypeOf(MissingPeerError), library.ExecutorError);
});

test('npx finds the program, and it says what it takes', () => {
  const path = bin?.['concurrent-futures'];
  assert.ok(path !== undefined, 'package.json has no { bin }');
  const program = fileURLToPath(new URL(path, root));
  assert.match(readFileSync(program, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  const help = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
  assert.match(help, /npx concurrent-futures host --redis <url>/);
});
