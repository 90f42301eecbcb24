/** The examples of the README, the guides and the doc comments compile, and print what they say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAsSaid, linesSaid } from '../support/example-blocks.js';
import {
  allExamples,
  compileExamples,
  placeOf,
  programOf,
  PROGRAMS,
} from '../support/example-programs.js';
import { runNode } from '../support/program.js';

const examples = allExamples();
const problems = compileExamples(examples);

test('the modules that examples import compile', () => {
  assert.deepEqual(problems.get('') ?? [], []);
});

describe('examples', { concurrency: 3 }, () => {
  for (const example of examples) {
    const place = placeOf(example);
    if (example.runs) {
      test(`${place} compiles and prints what it says`, async () => {
        assert.deepEqual(problems.get(place) ?? [], []);
        const said = linesSaid(example.code);
        const { code, stdout, stderr } = await runNode(PROGRAMS, { script: programOf(example) });
        assert.deepEqual({ stderr, code }, { stderr: '', code: 0 });
        const printed = stdout === '' ? [] : stdout.trimEnd().split('\n');
        const isRight =
          printed.length === said.length &&
          said.every((line, i) => isAsSaid(printed[i] ?? '', line));
        if (!isRight) assert.deepEqual(printed, said, place);
      });
    } else {
      test(`${place} compiles`, () => {
        assert.deepEqual(problems.get(place) ?? [], []);
      });
    }
  }
});
