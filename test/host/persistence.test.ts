/** What a host tries again because Redis refuses it, and what is no such refusal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Persistence } from '#dist/host/persistence.js';

const room = { make: () => Promise.resolve({ outcomes: 1, events: 0 }) };

/** As ioredis makes one of an answer of Redis. */
function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

async function tries(errors: readonly Error[]): Promise<{ count: number; error: unknown }> {
  const persistence = new Persistence(room, () => {});
  let count = 0;
  const action = (): Promise<void> => {
    const error = errors[count++];
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  const error: unknown = await persistence.persist(action).catch((thrown: unknown) => thrown);
  return { count, error };
}

test('what a full Redis refuses is tried again until it is taken', async () => {
  const full = reply("OOM command not allowed when used memory > 'maxmemory'.");
  assert.deepEqual(await tries([full, full]), { count: 3, error: undefined });
});

test('the word for it in what BullMQ says of a job is none: it is not tried again', async () => {
  const error = new Error('Missing lock for job OOM-1. moveToFinished');
  assert.deepEqual(await tries([error]), { count: 1, error });
});

test('what is refused when the host has ended is given up', async () => {
  const persistence = new Persistence(room, () => {});
  persistence.end();
  const full = reply('OOM command not allowed');
  await assert.rejects(
    persistence.persist(() => Promise.reject(full)),
    full,
  );
});
