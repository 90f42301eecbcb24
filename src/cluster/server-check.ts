/** Checks that the settings of a server lose no data. A problem is reported once, as a warning. */
import { warn } from '../events/warnings.ts';
import type { RedisClient } from './connection.ts';
import { queueNode } from './queue-node.ts';
import type { QueueNames } from './queue-names.ts';

const told = new Set<string>();

/** Uses `INFO`, which a queue's user normally may call. Without that right there is no warning. */
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
