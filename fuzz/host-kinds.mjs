/**
 * The records that hosts read: calls, with their functions and arguments; requests to cancel them; settings of the
 * queue.
 */
import { fileURLToPath } from 'node:url';
import { PicklingError } from 'concurrent-futures';
import { CodeMismatchError } from 'concurrent-futures/cluster';
import { checkControl, FORMAT } from '#dist/cluster/call-format.js';
import { readSettings } from '#dist/cluster/queue-settings.js';
import { fromWire, isDenseList, toWire } from '#dist/cluster/wire-value.js';
import { CallCheck, isOurs } from '#dist/host/call-check.js';
import { CodeVersions } from '#dist/host/code-versions.js';
import { FunctionGate } from '#dist/host/function-gate.js';
import {
  believesAll,
  believesSigned,
  blobs,
  isRefusal,
  parsedRecord,
  SignedRecords,
  strayNowAndThen,
} from './record-parts.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const source = { module: 'root:fuzz/values.mjs', path: ['bytes'], hash: 'abc', detached: true };
const sources = [
  source,
  { module: 'package:bullmq/dist/cjs/index.js', path: ['Queue', 'x'], hash: 'a', commonjs: true },
  { module: 'node:zlib', path: ['gzipSync'] },
  { global: ['Math', 'max'] },
];
const job = { id: 'a', name: 'jobs.run', stalledCounter: 0 };

function callOf(random, value) {
  const more = {
    functions: [source, { global: ['Math', 'min'] }],
    chunk: true,
    onWorkerDeath: 'fail',
    maxPayload: 5,
    inlineLimit: 100,
    mismatchPatience: 0,
  };
  const isChunk = random.chance(0.3);
  return {
    cf: FORMAT,
    source: random.pick([...sources, { code: { 'root:a.js': 'abc' } }]),
    ...toWire(isChunk ? [[value], [random.int(0, 9)]] : [value, random.int(0, 9)]),
    ...(isChunk ? more : {}),
  };
}

export function hostKinds() {
  return [calls(), signedCalls(), controls, names(), settings, blobs];
}

function calls() {
  const check = new CallCheck({ name: 'h', signer: believesAll });
  const given = [Math.max, Math.min];
  return {
    name: 'call',
    weight: 50,
    valid: (random, value) => JSON.stringify(callOf(random, value)),
    read(text) {
      const record = parsedRecord(text);
      if (!isOurs(record)) return undefined;
      const call = check.read(record, job);
      const functions = (call.functions ?? []).map((_, index) => given[index % 2]);
      const args = fromWire(call, functions);
      if (isDenseList(args) && call.chunk) args.every(isDenseList);
      return strayNowAndThen(args, given);
    },
    mayThrow: isRefusal,
  };
}

/** Calls of which only signed ones may be accepted. */
function signedCalls() {
  const check = new CallCheck({ name: 'h', signer: believesSigned });
  const signed = new SignedRecords();
  return {
    name: 'signed call',
    weight: 8,
    valid(random, value) {
      const data = { ...callOf(random, value), until: 8e15, attempts: 2 ** 50 };
      return JSON.stringify(signed.add(believesSigned.signed('call', [job.id, job.name], data)));
    },
    read(text) {
      const record = parsedRecord(text);
      if (!isOurs(record)) return undefined;
      const call = check.read(record, job);
      check.forgive(call);
      return signed.problemWith(record);
    },
    mayThrow: isRefusal,
  };
}

const controls = {
  name: 'control message',
  weight: 10,
  valid: (_random, value) =>
    JSON.stringify({ cf: FORMAT, kind: 'cancel', id: 'a', reason: toWire(value) }),
  read: (text) => strayNowAndThen(fromWire(checkControl(parsedRecord(text)).reason)),
  mayThrow: isRefusal,
};

/** Names of functions. Their modules are found, and not imported. */
function names() {
  const permission = { root: ROOT, allow: ['**', 'package:**', 'node:zlib', 'global:**'] };
  const gate = new FunctionGate({ ...permission, allowCode: false }, new CodeVersions(ROOT));
  return {
    name: 'name of a function',
    weight: 5,
    valid: (random) => JSON.stringify({ cf: FORMAT, source: random.pick(sources), ...toWire([]) }),
    async read(text) {
      const record = parsedRecord(text);
      if (!isOurs(record)) return;
      const { source: name } = new CallCheck({ name: 'h', signer: believesAll }).read(record, job);
      if ('code' in name) return;
      if ('global' in name) await gate.find(name, 'jobs.run');
      else {
        gate.known(name);
        const url = gate.locate(name.module, 'jobs.run');
        if (!url.startsWith('node:')) gate.needed(name.module, name.hash, url, 'jobs.run');
      }
    },
    mayThrow: (error) =>
      isRefusal(error) || error instanceof PicklingError || error instanceof CodeMismatchError,
  };
}

const settings = {
  name: 'settings',
  weight: 3,
  valid: (random) => JSON.stringify([String(random.int(1000, 86_400_000)), null]),
  async read(text) {
    const stored = parsedRecord(text);
    const client = { hmget: async () => [stored?.[0] ?? null, stored?.[1] ?? null] };
    const { lease } = await readSettings(client, { settings: 's' }, believesAll);
    const isOne = lease === undefined || (lease >= 1000 && lease <= 86_400_000);
    return isOne ? undefined : `a lease of ${lease}`;
  },
  mayThrow: isRefusal,
};
