/** The records that submitters read: events, outcomes, and records of hosts. */
import { checkRuns, FORMAT } from '#dist/cluster/call-format.js';
import { parsed } from '#dist/cluster/record-text.js';
import { failureText } from '#dist/cluster/failure-text.js';
import { listHosts } from '#dist/cluster/host-record.js';
import { checkTold, parcelOf, readJobOutcome } from '#dist/cluster/job-outcome.js';
import { queueNames } from '#dist/cluster/queue-names.js';
import { writeThrown } from '#dist/cluster/thrown.js';
import { inline, toBlob, toWire, writeValue } from '#dist/cluster/wire-value.js';
import { EventFeed } from './event-feed.mjs';
import {
  believesAll,
  believesSigned,
  blobs,
  isRefusal,
  parsedRecord,
  QUEUE,
  SignedRecords,
  strayNowAndThen,
} from './record-parts.mjs';

const STACK = '\n    at run (file:///jobs.js:1:2)\n    at file:///app/thread-entry.cjs:3:4';
const origin = { worker: 'w', task: 't' };
const about = ['id', null];
const blob = toBlob(writeValue(new Map([[1, 2]])));

function outcomeOf(random, value) {
  if (random.chance(0.5)) return { cf: FORMAT, ...toWire(value) };
  const items = [
    [true, value],
    [false, new RangeError('no')],
    [false, Object.assign(new Error('no', { cause: new TypeError('why') }), { value })],
  ];
  return { cf: FORMAT, ...toWire(items), chunk: origin };
}

function failureOf(_random, value) {
  const error = Object.assign(new Error('no', { cause: new AggregateError([1, {}]) }), { value });
  error.stack += STACK;
  return { cf: FORMAT, failure: { kind: 'error', thrown: inline(writeThrown(error)), ...origin } };
}

function read(told, signer = believesAll) {
  const checked = checkTold(told, signer, about);
  const outcome = readJobOutcome(checked, parcelOf(checked) && blob);
  return strayNowAndThen(outcome.value ?? outcome.error);
}

export function submitterKinds() {
  return [outcomes, failures, signedOutcomes(), events(), progress, hosts, blobs];
}

const outcomes = {
  name: 'outcome',
  weight: 35,
  valid: (random, value) => JSON.stringify(outcomeOf(random, value)),
  read: (text) => read({ value: parsed(text) }),
  mayThrow: isRefusal,
};

const failures = {
  name: 'failure',
  weight: 20,
  valid: (random, value) => failureText('Error: no', failureOf(random, value)),
  jsonIn(text) {
    const at = text.indexOf('{');
    return { head: text.slice(0, at), body: text.slice(at) };
  },
  read: (reason) => read({ reason }),
  mayThrow: isRefusal,
};

/** Outcomes of which only signed ones may be accepted. */
function signedOutcomes() {
  const signed = new SignedRecords();
  return {
    name: 'signed outcome',
    weight: 8,
    valid(random, value) {
      const record = believesSigned.signed('outcome', about, outcomeOf(random, value));
      return JSON.stringify(signed.add(record));
    },
    read(text) {
      const value = parsed(text);
      const problem = read({ value }, believesSigned);
      return signed.problemWith(value) ?? problem;
    },
    mayThrow: isRefusal,
  };
}

function events() {
  const feed = new EventFeed({
    completed: (text) => read({ value: parsed(text) }),
    failed: (reason) => read({ reason }),
    progressed: (text) => void checkRuns(parsed(text)),
  });
  return {
    name: 'event',
    weight: 15,
    valid(random, value) {
      const [event, field, text] = random.pick([
        () => ['completed', 'returnvalue', JSON.stringify(outcomeOf(random, value))],
        () => ['failed', 'failedReason', failureText('no', failureOf(random, value))],
        () => ['progress', 'data', JSON.stringify({ cf: FORMAT, kind: 'runs' })],
        () => ['waiting', 'prev', 'active'],
        () => ['removed', 'prev', 'wait'],
      ])();
      return JSON.stringify(['event', event, 'jobId', 'id', field, text]);
    },
    async read(text) {
      const fields = parsedRecord(text);
      // Redis answers with texts, whatever was written.
      return feed.read((Array.isArray(fields) ? fields : []).map(asText));
    },
    mayThrow: isRefusal,
  };
}

function asText(field) {
  return typeof field === 'string' ? field : JSON.stringify(field);
}

const progress = {
  name: 'progress',
  weight: 2,
  valid: () => JSON.stringify({ cf: FORMAT, kind: 'runs' }),
  read: (text) => void believesAll.checked('runs', about, checkRuns(parsed(text))),
  mayThrow: isRefusal,
};

const host = {
  name: 'a',
  hostname: 'b',
  pid: 7,
  kind: 'threads',
  workers: 2,
  calls: 0,
  versions: { node: '24.0.0', concurrentFutures: '0.1.0' },
  since: 1e12,
};

const hosts = {
  name: 'host record',
  weight: 5,
  valid: () => JSON.stringify(host),
  async read(text) {
    const client = {
      status: 'ready',
      on: () => client,
      once: () => client,
      off: () => client,
      smembers: async () => ['a', 'b'],
      mget: async () => [text, text],
      srem: async () => 0,
      disconnect() {},
    };
    const server = { connect: () => client };
    const found = await listHosts(server, queueNames(QUEUE), believesAll, 1000);
    const isWrong = found.some(({ since }) => Number.isNaN(since.getTime()));
    return isWrong ? 'a host has been there since never' : strayNowAndThen(found);
  },
  mayThrow: isRefusal,
};
