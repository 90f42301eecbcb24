/**
 * BullMQ by itself, as fast as it can be had: a Worker that runs tasks on its own thread, outcomes by events, and
 * calls that are made in one turn of the event loop added in batches.
 */
import { randomUUID } from 'node:crypto';
import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { QUEUE, Site } from '../../cluster-site.mjs';

const BATCH = 1000;
/** As many as ours keeps: with its default of 10 000 some of a burst are lost, and their calls never end. */
const EVENTS = 50_000;
/** As long as ours keeps outcomes. */
const KEEP = { age: 3600 };

export function start(_workers, settings) {
  return startWith(settings, 50);
}

export function startWith(_settings, concurrency) {
  const prefix = randomUUID().slice(0, 8);
  const waiting = new Map();
  let calls = 0;
  let batch = [];
  let site;
  let client;
  let reader;
  let queue;
  let events;

  function flush() {
    const jobs = batch;
    batch = [];
    if (jobs.length === 1) void queue.add(jobs[0].name, jobs[0].data, jobs[0].opts);
    else for (let i = 0; i < jobs.length; i += BATCH) void queue.addBulk(jobs.slice(i, i + BATCH));
  }

  function settle(jobId, how, outcome) {
    const call = waiting.get(jobId);
    waiting.delete(jobId);
    call?.[how](outcome);
  }

  return {
    call: (name) => (value) =>
      new Promise((resolve, reject) => {
        const jobId = `${prefix}-${++calls}`;
        waiting.set(jobId, { resolve, reject });
        const opts = { jobId, removeOnComplete: KEEP, removeOnFail: KEEP };
        if (batch.push({ name, data: [value], opts }) === 1) queueMicrotask(flush);
      }),
    async ready() {
      site = await Site.open();
      await site.addHost('bullmq-host', { concurrency });
      client = new Redis(site.url, { maxRetriesPerRequest: null });
      reader = new Redis(site.url, { maxRetriesPerRequest: null });
      queue = new Queue(QUEUE, { connection: client, streams: { events: { maxLen: EVENTS } } });
      events = new QueueEvents(QUEUE, { connection: reader });
      events.on('completed', ({ jobId, returnvalue }) => settle(jobId, 'resolve', returnvalue));
      events.on('failed', ({ jobId, failedReason }) =>
        settle(jobId, 'reject', new Error(failedReason)),
      );
      await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    },
    async stop() {
      await events.close();
      await queue.close();
      for (const each of [client, reader]) each.disconnect();
      await site.close();
    },
  };
}
