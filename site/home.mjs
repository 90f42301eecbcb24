/**
 * The first page: the README, in the same words, laid out as a first page.
 *
 *     # title, first paragraph     the left half of the first screen, with buttons behind it
 *     up to a table or heading      the right half: how to install it, and the first program
 *     ## Why                       its list as cards
 *     the rest                     as it is
 */
import { parts } from './markdown.mjs';

const buttons = (start) => `[Get started](${start}.md){.start} [Reference](reference/index.md)`;

const wrap = (name, lines) => [`<div class="${name}">`, '', ...lines, '', '</div>', ''];

/** The number of the first line of text, not of code, that `pattern` matches, from line `from` on. */
function lineOf(markdown, pattern, from = 0) {
  let number = 0;
  for (const { isCode, lines } of parts(markdown)) {
    for (const line of lines) {
      if (!isCode && number >= from && pattern.test(line)) return number;
      number += 1;
    }
  }
  throw new Error(`README.md has no line like ${pattern}, which the first page of the site needs.`);
}

/** @param start the address of the page that the first button leads to */
export function composeHome(readme, start) {
  const lines = readme.split('\n');
  const firstCode = lines.findIndex((line) => line.startsWith('```'));
  const title = lineOf(readme, /^# /);
  if (firstCode < title + 3)
    throw new Error('README.md has no paragraph in front of its first code.');
  const behindProgram = lineOf(readme, /^(\||## )/, firstCode);
  const why = lineOf(readme, /^## Why$/);
  const behindWhy = lineOf(readme, /^## /, why + 1);
  return [
    '---',
    'layout: home',
    'title: Start',
    '---',
    ...wrap('first-screen', [
      ...wrap('first-words', [
        ...lines.slice(title, firstCode),
        ...wrap('buttons', [buttons(start)]),
      ]),
      ...wrap('first-lines', lines.slice(firstCode, behindProgram)),
    ]),
    ...lines.slice(behindProgram, why + 1),
    '',
    ...wrap('cards', lines.slice(why + 1, behindWhy)),
    ...lines.slice(behindWhy),
  ].join('\n');
}
