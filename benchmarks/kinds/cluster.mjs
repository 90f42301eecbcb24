/** Clusters: ClusterExecutor, and BullMQ by itself. */
import { execFileSync } from 'node:child_process';
import { findRedisServer } from '../../scripts/redis.mjs';
import { text } from './cluster-text.mjs';

const server = await findRedisServer();
const rivals = ['bullmq', 'bullmq-10', 'bullmq-100'];

export const cluster = {
  name: 'cluster',
  page: 'cluster.md',
  text,
  packages: ['bullmq', 'ioredis'],
  versions: server === undefined ? {} : { Redis: versionOf(server) },
  notes: [],
  /** In the order of the report. */
  scenarios:
    server === undefined
      ? {}
      : {
          'cluster-burst': { contenders: rivals },
          'cluster-one': { contenders: ['bullmq'] },
          'cluster-map': { contenders: [] },
          'cluster-death': { contenders: [] },
          'cluster-restart': { contenders: [] },
          'cluster-cancel': { contenders: [] },
        },
};

function versionOf(program) {
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return said.match(/v=([\d.]+)/)?.[1] ?? said.trim();
}
