/** Tests of examples, one each: that it compiles, and that it prints what it says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Example, isAsSaid, linesSaid } from './example-blocks.js';
import { type CompiledExamples, compileExamples, placeOf, programOf } from './example-programs.js';
import { runNode } from './program.js';

/** @param name - of the folder that the examples are compiled in, which no other file of tests has. */
export function testExamples(name: string, examples: readonly Example[]): void {
  const compiled = compileExamples(name, examples);

  test('the modules that examples import compile', () => {
    assert.deepEqual(compiled.problemsOf(''), []);
  });

  describe('examples', { concurrency: 3 }, () => {
    for (const example of examples) {
      const place = placeOf(example);
      const title = example.runs
        ? `${place} compiles and prints what it says`
        : `${place} compiles`;
      test(title, async () => {
        assert.deepEqual(compiled.problemsOf(place), []);
        if (example.runs) await assertPrints(compiled, example);
      });
    }
  });
}

async function assertPrints({ folder }: CompiledExamples, example: Example): Promise<void> {
  const said = linesSaid(example.code);
  const { code, stdout, stderr } = await runNode(folder, { script: programOf(example) });
  assert.deepEqual({ stderr, code }, { stderr: '', code: 0 });
  const printed = stdout === '' ? [] : stdout.trimEnd().split('\n');
  const isRight =
    printed.length === said.length && said.every((line, i) => isAsSaid(printed[i] ?? '', line));
  if (!isRight) assert.deepEqual(printed, said, placeOf(example));
}
