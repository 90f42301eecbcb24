/** The examples of the README and the guides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examplesOfPages } from '../support/example-programs.js';
import { testExamples } from '../support/example-tests.js';

const examples = examplesOfPages();

test('every page has examples, and most of them run', () => {
  const pages = new Set(examples.map(({ file }) => file));
  assert.ok(pages.size > 7, [...pages].join(', '));
  assert.ok(examples.filter(({ runs }) => runs).length > examples.length / 2);
});

testExamples('pages', examples);
