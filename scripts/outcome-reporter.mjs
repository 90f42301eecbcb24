/**
 * A machine-readable reporter for `node --test`: a line of JSON for each test and suite, with its surrounding suites,
 * and one for each file as a whole. The tests of a file come in order, so the surrounding suites are those begun last.
 */
import { relative, resolve } from 'node:path';

/** Node's names for tests that were ended early. It counts them separately. */
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

/** In Node's order of precedence, so that the counts equal Node's. */
function outcomeOf(type, { skip, todo, details }) {
  if (skip !== undefined) return 'skipped';
  if (todo !== undefined) return 'todo';
  if (CANCELLED.has(details?.error?.failureType)) return 'cancelled';
  return type === 'test:pass' ? 'passed' : 'failed';
}

/** Node wraps each file in a test with the file's name. */
function isFile({ nesting, name, file }) {
  return nesting === 0 && file !== undefined && resolve(name) === resolve(file);
}
