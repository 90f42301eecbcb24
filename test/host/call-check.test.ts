/** How often a signed call may come to a host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from 'bullmq';
import { FORMAT } from '#dist/cluster/call-format.js';
import { resolveSecrets } from '#dist/cluster/secret.js';
import { Signer } from '#dist/cluster/signature.js';
import { CallCheck } from '#dist/host/call-check.js';
import type { HostSettings } from '#dist/host/host-options.js';

const signer = new Signer(resolveSecrets('a secret that is long enough'), 'q');
const job = { id: 'id', name: 'max', stalledCounter: 0 } as Job;
const data = signer.signed('call', ['id', 'max'], {
  cf: FORMAT,
  source: { global: ['Math', 'max'] },
  json: [1],
  until: Date.now(),
});

test('a signed call that is given back before it begins may come any number of times', () => {
  const check = new CallCheck({ name: 'host', signer } as HostSettings);
  for (let i = 0; i < 100; i++) check.forgive(check.read(data, job));
  assert.equal(check.read(data, job).name, 'max');
});

test('one that is run may come as often as it is tried after deaths, and no more', () => {
  const check = new CallCheck({ name: 'host', signer } as HostSettings);
  for (let i = 0; i < 3; i++) check.read(data, job);
  assert.throws(() => check.read(data, job), { code: 'ERR_SIGNATURE' });
});
