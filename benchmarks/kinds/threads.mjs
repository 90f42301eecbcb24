/** Pools of threads: ThreadPoolExecutor and its rivals. */
import { text } from './threads-text.mjs';

const rivals = ['piscina', 'tinypool', 'poolifier', 'workerpool'];
const bothPiscinas = [...rivals, 'piscina-async'];

export const threads = {
  name: 'threads',
  page: 'README.md',
  text,
  packages: rivals,
  versions: {},
  notes: [],
  /** In the order of the report. */
  scenarios: {
    burst: { contenders: rivals },
    hot: { contenders: bothPiscinas },
    parked: { contenders: bothPiscinas },
    echo: { contenders: rivals },
    bytes: { contenders: rivals },
    files: { contenders: rivals },
    mixed: { contenders: [...rivals, 'poolifier-queue'] },
    start: { contenders: rivals },
    idle: { contenders: bothPiscinas },
    million: { contenders: rivals },
    memory: { contenders: rivals },
  },
};
