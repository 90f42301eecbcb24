/**
 * A reporter for `node --test` that a program can read: a line of JSON for each test, with the
 * suites that it is in. The tests of a file come in order, so the suites are those begun last.
 */
import { relative } from 'node:path';

export default async function* report(events) {
  const begun = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      begun.length = data.nesting;
      begun.push(data.name);
    } else if (type === 'test:pass' || type === 'test:fail') {
      if (data.details?.type === 'suite') continue;
      const why = [data.skip, data.todo].find((reason) => reason !== undefined && reason !== false);
      yield `${JSON.stringify({
        outcome: type === 'test:fail' ? 'failed' : why === undefined ? 'passed' : 'skipped',
        why,
        title: data.name,
        suites: begun.slice(0, data.nesting),
        file: relative('', data.file ?? '')
          .replace(/^build\//, '')
          .replace(/\.js$/, '.ts'),
      })}\n`;
    }
  }
}
