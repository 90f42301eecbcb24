/**
 * The kinds of pools, and their differences.
 *
 * `isolated`: tasks have a world of their own. `processes`: their workers are processes. `blocks`: `resultSync()` may
 * wait. `forces`: has methods that end its workers. `hosted`: calls are run by hosts, which are programs of their own.
 */
import {
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  InlineExecutor,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
} from 'concurrent-futures';
import { BrokenCluster, ClusterExecutor } from 'concurrent-futures/cluster';
import { LEASE } from './cluster-plan.mjs';
import { ROOT } from './hosts.mjs';

/** Small enough to be exhausted at once, large enough for the library and this folder. */
const CRAMPED = 32;

export const kinds = {
  threads: {
    brokenClass: BrokenThreadPool,
    isolated: true,
    processes: false,
    blocks: true,
    cramped: { resourceLimits: { maxOldGenerationSizeMb: CRAMPED, maxYoungGenerationSizeMb: 4 } },
    make: (options) => new ThreadPoolExecutor(options),
  },
  processes: {
    brokenClass: BrokenProcessPool,
    isolated: true,
    processes: true,
    forces: true,
    blocks: false,
    cramped: { execArgv: [`--max-old-space-size=${CRAMPED}`] },
    make: (options) => new ProcessPoolExecutor(options),
  },
  managed: {
    brokenClass: BrokenProcessPool,
    isolated: true,
    processes: true,
    forces: true,
    blocks: true,
    cramped: { execArgv: [`--max-old-space-size=${CRAMPED}`] },
    make: (options) => new ProcessPoolExecutor({ ...options, manager: 'thread' }),
  },
  inline: {
    brokenClass: BrokenExecutor,
    isolated: false,
    processes: false,
    blocks: false,
    cramped: {},
    make: (options) => new InlineExecutor(options),
  },
  cluster: {
    brokenClass: BrokenCluster,
    isolated: true,
    hosted: true,
    // The kind of its hosts' workers is drawn for each round.
    processes: false,
    blocks: false,
    cramped: {},
    make(options) {
      const { REDIS_URL: connection, CF_FUZZ_QUEUE: queue } = process.env;
      return new ClusterExecutor({ connection, queue, root: ROOT, lease: LEASE, ...options });
    },
  },
};

export const kindNames = Object.keys(kinds);
/** The kinds that need nothing but Node. */
export const localKindNames = kindNames.filter((name) => !kinds[name].hosted);
