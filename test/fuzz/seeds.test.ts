/** Rounds of the fuzzer that once failed, and the options of its command line. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const FUZZ = fileURLToPath(new URL('../../../fuzz/fuzz.mjs', import.meta.url));

interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function fuzz(...args: readonly string[]): Promise<Printed> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [FUZZ, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

interface Seed {
  readonly kind: string;
  readonly seed: number;
  /** What the round may have; the rest would only take time. */
  readonly only: string;
  /** What was wrong. */
  readonly fault: string;
}

const seeds: readonly Seed[] = [
  {
    kind: 'inline',
    seed: 2,
    only: 'thenables',
    fault: 'a promise that calls back twice was counted twice',
  },
  {
    kind: 'managed',
    seed: 4,
    only: 'cancels',
    fault: 'a signal that was aborted before cost the buffers',
  },
  {
    kind: 'threads',
    seed: 3,
    only: 'pollution',
    fault: 'a property of Object.prototype broke each submit',
  },
  {
    kind: 'processes',
    seed: 6,
    only: 'retirement,nested',
    fault: 'workers that wait kept successors out',
  },
  { kind: 'threads', seed: 5, only: 'retirement', fault: 'a successor wrote where no index was' },
  {
    kind: 'threads',
    seed: 2,
    only: 'stubs',
    fault: 'a worker waited for what a task had replaced',
  },
  { kind: 'processes', seed: 1, only: 'endings', fault: 'shutdown() waited for an exit handler' },
  { kind: 'processes', seed: 1, only: 'throws', fault: 'an error with a Blob ended its worker' },
  {
    kind: 'threads',
    seed: 2,
    only: 'late',
    fault: 'a call that waited for its arguments died with its worker',
  },
  {
    kind: 'processes',
    seed: 3,
    only: 'exits',
    fault: 'a call that waited for an import died with its worker',
  },
  {
    kind: 'processes',
    seed: 20_085,
    only: 'exits,garbage,nested,cancels',
    fault: 'blocked tasks counted on a worker that had gone',
  },
  {
    kind: 'threads',
    seed: 638_263_458,
    only: 'throws,stubs,breaks,retirement',
    fault: 'workers that could not end kept the places of their successors',
  },
  {
    kind: 'processes',
    seed: 638_263_455,
    only: 'throws,stubs,endings,garbage,blocks,floods,pollution',
    fault: 'a worker stood still when it could claim no more and a task had a handler for errors',
  },
  {
    kind: 'threads',
    seed: 638_263_802,
    only: 'exits,nested',
    fault: 'a call that was over died with the next one',
  },
  {
    kind: 'processes',
    seed: 5004,
    only: 'nested,cancels,crowds',
    fault: 'a worker whose calls were all withdrawn was given no other',
  },
];

suite('rounds that once failed', () => {
  for (const { kind, seed, only, fault } of seeds) {
    test(`${kind} ${seed} ${only}: ${fault}`, async () => {
      const which = ['--kind', kind, '--seed', String(seed), '--only', only];
      const { code, stdout } = await fuzz(...which, '--rounds', '1');
      assert.equal(code, 0, stdout);
      assert.match(stdout, /rounds 1, calls [1-9]/);
    });
  }
});

suite('the command', () => {
  test('lists its options', async () => {
    const { code, stdout } = await fuzz('--help');
    assert.equal(code, 0);
    for (const option of ['--seconds', '--rounds', '--seed', '--kind', '--without'])
      assert.ok(stdout.includes(option), option);
  });

  for (const args of [
    ['--kind', 'fibers'],
    ['--seed', '-1'],
    ['--without', 'x'],
    ['--only', 'exits', '--without', 'late'],
    ['--often'],
  ]) {
    test(`refuses ${args.join(' ')}, and says what there is`, async () => {
      const { code, stdout, stderr } = await fuzz(...args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /--kind a,b/);
    });
  }
});
