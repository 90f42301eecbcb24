/** Whether a server is set up so that nothing is lost. What is wrong is said once, and nothing is refused for it. */
import { warn } from '../events/warnings.ts';
import type { RedisClient } from './connection.ts';
import { queueNode } from './queue-node.ts';
import type { QueueNames } from './queue-names.ts';

const told = new Set<string>();

/** By `INFO`, which every user of a queue may ask; who may ask for nothing is not warned. */
export async function checkServer(
  client: RedisClient,
  names: QueueNames,
  label: string,
): Promise<void> {
  if (told.has(label)) return;
  told.add(label);
  const info = await queueNode(client, names)
    ?.info()
    .catch(() => '');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info ?? '')?.[1];
  const wrong = [
    policy !== undefined &&
      policy !== 'noeviction' &&
      `maxmemory-policy is ${policy}: when memory runs out, calls and their results are thrown away. Set it to noeviction.`,
    /^aof_enabled:0/m.test(info ?? '') &&
      'appendonly is off: when Redis ends, calls and results since its last snapshot are lost. Set appendonly to yes.',
  ].filter((each) => each !== false);
  for (const text of wrong) warn('CF_CLUSTER_SETTINGS', `Redis at ${label}: ${text}`);
}
