/** Runs rounds in processes of their own, with a time limit. */
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './patience.mjs';
import { exists } from './processes.mjs';

const ROUND = fileURLToPath(new URL('round.mjs', import.meta.url));

/** Milliseconds until a round has written its report, and until it has ended then by itself. */
const LIMIT = 120_000;
const GRACE = 15_000;
/** Milliseconds within which workers end with their parent; the documentation says a second. */
const ORPHANS = 5000;
const LAST_WORDS = 3000;
const HOST_FOLDER = 'cf-host-';

/** @returns `{ problems, calls, faults, active, output }` of one round. */
export function runRound(round) {
  const { redis } = round;
  return redis === undefined ? runWith(round) : redis.withQueue((env) => runWith(round, env));
}

async function runWith({ kind, seed, without, verbose }, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'concurrent-futures-fuzz-'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const report = join(folder, 'report.json');
  const marks = join(folder, 'marks');
  try {
    const { code, signal, stalled, output } = await runChild(
      [kind, String(seed), report, without.join(',')],
      {
        ...process.env,
        ...env,
        CF_FUZZ_MARKS: marks,
        TMPDIR: temporary,
        verbose,
      },
    );
    const found = readReport(report) ?? {
      problems: [],
      calls: 0,
      faults: 0,
      pids: pidsOf(marks),
      active: [],
      hostsLost: 0,
    };
    const problem = (what, text) => found.problems.push({ kind: what, text });
    const reported = found.done !== undefined;
    if (stalled && !reported) problem('hung', 'the program blocks, or does not answer');
    else if (stalled) problem('left', 'the program did not end by itself');
    else if (code !== 0)
      problem(
        'crashed',
        `the program ended with ${signal ?? `exit code ${code}`}: ${lastLines(output)}`,
      );
    else if (!reported) problem('crashed', 'the program ended while calls were pending');
    if (!(await eventually(() => !found.pids.some(exists), ORPHANS)))
      problem(
        'left',
        `processes after the end of the program: ${found.pids.filter(exists).join(', ')}`,
      );
    for (const pid of found.pids.filter(exists)) end(pid);
    const files = filesLeft(temporary, found.hostsLost);
    if (files.length > 0) problem('left', `temporary files: ${files.slice(0, 5).join(', ')}`);
    return { ...found, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A host that is killed can't remove the folder of its socket. */
function filesLeft(temporary, hostsLost) {
  const files = readdirSync(temporary);
  const folders = files.filter((name) => name.startsWith(HOST_FOLDER));
  return folders.length > hostsLost ? files : files.filter((name) => !folders.includes(name));
}

function readReport(report) {
  try {
    return { ...JSON.parse(readFileSync(report, 'utf8')), done: true };
  } catch {
    return undefined;
  }
}

/** Of the workers of a round that could not report. */
function pidsOf(marks) {
  try {
    const lines = readFileSync(marks, 'utf8').split('\n');
    return [...new Set(lines.map((line) => Number.parseInt(line.split(' ')[2], 10)))].filter(
      Number.isInteger,
    );
  } catch {
    return [];
  }
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function lastLines(output) {
  return output.trim().split('\n').slice(-12).join(' | ').slice(-1200);
}

function runChild(args, { verbose, ...env }) {
  if (verbose) env.CF_FUZZ_TELL = '1';
  const child = spawn(process.execPath, [ROUND, ...args], {
    env,
    stdio: ['ignore', verbose ? 'inherit' : 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output = (output + chunk).slice(-LAST_WORDS);
    if (verbose) process.stderr.write(chunk);
  });
  return new Promise((resolve) => {
    let stalled = false;
    const stop = () => {
      stalled = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(stop, LIMIT);
    const look = setInterval(() => {
      if (readReport(args[2]) === undefined) return;
      clearInterval(look);
      clearTimeout(timer);
      timer = setTimeout(stop, GRACE);
    }, 500);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      clearInterval(look);
      child.stderr.destroy();
      resolve({ code, signal, stalled, output });
    });
  });
}
