/**
 * A reporter for `node --test` that a program can read: a line of JSON for each test and suite, with the suites that
 * it is in, and one for each file as a whole. The tests of a file come in order, so the suites are those begun last.
 */
import { relative, resolve } from 'node:path';

/** How Node calls what was not over when it had to be. It counts them by themselves. */
const CANCELLED = new Set(['cancelledByParent', 'testAborted', 'testTimeoutFailure']);

export default async function* report(events) {
  const begun = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      begun.length = data.nesting;
      begun.push(data.name);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const why = [data.skip, data.todo].find((reason) => reason !== undefined && reason !== false);
      yield line(data, {
        kind: data.details?.type === 'suite' ? 'suite' : 'test',
        outcome: outcomeOf(type, data),
        why,
        title: data.name,
        suites: begun.slice(0, data.nesting),
      });
    } else if (type === 'test:complete' && isFile(data)) {
      yield line(data, { kind: 'file', outcome: data.details.passed ? 'passed' : 'failed' });
    }
  }
}

function line({ file = '' }, rest) {
  return `${JSON.stringify({ ...rest, file: relative('', file) })}\n`;
}

/** In the order in which Node looks, so that what is counted of these is what Node counts. */
function outcomeOf(type, { skip, todo, details }) {
  if (skip !== undefined) return 'skipped';
  if (todo !== undefined) return 'todo';
  if (CANCELLED.has(details?.error?.failureType)) return 'cancelled';
  return type === 'test:pass' ? 'passed' : 'failed';
}

/** Node has a test around each file, with the file's name. */
function isFile({ nesting, name, file }) {
  return nesting === 0 && file !== undefined && resolve(name) === resolve(file);
}
