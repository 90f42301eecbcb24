/** The kinds of pools, and what is different about them. */
import {
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  InlineExecutor,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
} from 'concurrent-futures';

/** Small enough to be used up at once, large enough for the library and this folder. */
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
    blocks: false,
    cramped: { execArgv: [`--max-old-space-size=${CRAMPED}`] },
    make: (options) => new ProcessPoolExecutor(options),
  },
  managed: {
    brokenClass: BrokenProcessPool,
    isolated: true,
    processes: true,
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
};

export const kindNames = Object.keys(kinds);
