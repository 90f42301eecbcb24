/** Pools of processes: ProcessPoolExecutor and its rivals. */
import { findPython } from '../python.mjs';
import { text } from './processes-text.mjs';

const packages = ['tinypool', 'workerpool', 'jest-worker'];
const python = findPython();
const rivals = python === undefined ? packages : [...packages, 'cpython'];
const bothTinypools = rivals.toSpliced(1, 0, 'tinypool-ahead');

/** These pools need seconds for what takes ours tens of milliseconds. */
const bursts = { contenders: bothTinypools, patience: 400, rounds: 3 };

export const processes = {
  name: 'processes',
  page: 'processes.md',
  text,
  packages,
  versions: python === undefined ? {} : { CPython: python.version },
  notes: python === undefined ? ['There is no `python3` on this machine: CPython is left out'] : [],
  /** In the order of the report. */
  scenarios: {
    burst: bursts,
    hot: { contenders: rivals },
    echo: bursts,
    'large-bytes': { contenders: rivals, settings: { serialization: 'advanced' } },
    'mixed-burst': { contenders: bothTinypools },
    start: { contenders: rivals },
    'million-processes': { contenders: [] },
    recycle: { contenders: [] },
    'idle-processes': { contenders: rivals },
    'memory-processes': { contenders: rivals, rounds: 3 },
  },
};
