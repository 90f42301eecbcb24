/** The fuzzer of records: a short run of each side, and the options of its command line. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const FUZZ = fileURLToPath(new URL('../../../fuzz/records.mjs', import.meta.url));

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

/** It has found lists with holes that were passed on as arguments. */
const SEED = 1_777_177_035;

suite('records that were changed are read or refused', () => {
  for (const side of ['host', 'submitter']) {
    test(`by a ${side}`, async () => {
      const which = ['--side', side, '--seed', String(SEED), '--count', '10000'];
      const { code, stdout } = await fuzz(...which);
      assert.equal(code, 0, stdout);
      assert.match(stdout, new RegExp(`${side}, seed ${SEED}, records 10000, .*findings 0`));
      // Neither all nor none: then it would change too little, or too much.
      assert.match(stdout, /read \d{3,}, refused \d{3,}/);
    });
  }

  test('in the same way each time', async () => {
    const counted: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      const { stdout } = await fuzz('--side', 'host', '--seed', '7', '--count', '1000');
      counted.push(/read .*/.exec(stdout)?.[0]);
    }
    assert.ok(counted[0]);
    assert.equal(counted[0], counted[1]);
  });
});

suite('the command', () => {
  test('lists its options', async () => {
    const { code, stdout } = await fuzz('--help');
    assert.equal(code, 0);
    for (const option of ['--count', '--seconds', '--seed', '--side'])
      assert.ok(stdout.includes(option), option);
  });

  test('ends in time', async () => {
    const { code, stdout } = await fuzz('--seconds', '1', '--side', 'host');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /records [1-9]/);
  });

  for (const args of [['--side', 'redis'], ['--count', '-1'], ['--seed', 'x'], ['--often']]) {
    test(`refuses ${args.join(' ')}, and says what there is`, async () => {
      const { code, stdout, stderr } = await fuzz(...args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /--side a,b/);
    });
  }
});
