/** What is taken for a Redis that is full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RedisClient } from '#dist/cluster/connection.js';
import { queueNames } from '#dist/cluster/queue-names.js';
import { RoomMaker } from '#dist/host/room-maker.js';

test('the word for it in what BullMQ says of a job is none: it is not tried again', async () => {
  const room = new RoomMaker({} as RedisClient, queueNames('q'), () => {});
  let tries = 0;
  const action = (): Promise<never> => {
    tries++;
    return Promise.reject(new Error('Missing lock for job OOM-1. moveToFinished'));
  };
  await assert.rejects(room.persist(action), /Missing lock/);
  assert.equal(tries, 1);
});
