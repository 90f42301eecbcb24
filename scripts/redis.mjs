/**
 * A Redis server of our own: on this machine only, in a folder of its own, ended with the process that started it.
 *
 * A process may be killed (SIGKILL), so it can't end its server reliably. A guard does that: a shell that only reads
 * from a pipe whose other end this process holds. At the end of that file it kills the server and removes the folder.
 * `stop()` closes the pipe as well, so that a server ends in one way only, and every run of the tests uses it.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  mkdtempSync,
  realpathSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { installRedis } from './install-redis.mjs';

const PROGRAMS = ['redis-server', 'valkey-server'];
/**
 * A server prints it when earlier data is loaded and connections are accepted; a sentinel has no data, and prints its
 * id.
 */
const READY = /Ready to accept connections|Sentinel ID is/;
/** Its only purpose is to turn a hang into a failure. */
const START_LIMIT = 30_000;
const MOST_PORTS = 20;
/** Reads the id of the process to be ended, an empty line if there is none, until its input ends. */
const GUARD =
  'pid=; while read -r line; do pid=$line; done; test -z "$pid" || kill -9 "$pid"; rm -rf "$1"';

/** Linux' file system in memory, and the free space that a server needs there. */
const MEMORY = '/dev/shm';
const ENOUGH_MEMORY = 32 * 2 ** 20;

/** A server that loses data only in a power failure: only that would need waiting for the disk. */
const KEEPING = ['save ""', 'appendonly yes', 'appendfsync no', 'maxmemory-policy noeviction'];

/** The path of the program: `REDIS_SERVER`, or a program in `PATH`, or, with `install`, that of a package. */
export async function findRedisServer({ install = false } = {}) {
  // The guard is a shell.
  if (process.platform === 'win32') return undefined;
  const found = process.env.REDIS_SERVER || findProgram();
  if (found !== undefined || !install) return found;
  await installRedis();
  return findProgram();
}

function findProgram() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function hasMemory() {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH_MEMORY;
  } catch {
    return false;
  }
}

/**
 * A port that is probably free, outside the range that the system assigns to connections: a client that tries again and
 * again to reach a dead server there would in the end be assigned its port, and reach itself.
 */
export function randomPort() {
  return randomInt(10_240, 32_000);
}

/**
 * Starts a server. `config` has further lines of its configuration; with `tls` it accepts nothing else. As a `sentinel`
 * it keeps no data, and watches the servers that `config` names. With `inMemory` its folder is in memory, if the system
 * has such a place: sentinels and nodes of a cluster stop until the disk has their notes about each other, and on a
 * busy disk they take each other for dead, or themselves for out of order.
 */
export async function startRedis(
  program,
  { config = [], tls, sentinel = false, inMemory = false } = {},
) {
  const server = new RedisServer(program, config, tls, sentinel, inMemory);
  try {
    await server.restart();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class RedisServer {
  folder;
  port = undefined;
  #program;
  #config;
  #tls;
  #isSentinel;
  #guard;
  #child = undefined;
  /** @type {Promise<void> | undefined} */
  #stopped = undefined;

  constructor(program, config, tls, isSentinel, inMemory) {
    const parent = inMemory && hasMemory() ? MEMORY : tmpdir();
    // Realpath, because the folder for temporary files of macOS is behind a link.
    this.folder = realpathSync(mkdtempSync(join(parent, 'concurrent-futures-redis-')));
    this.#program = program;
    this.#config = config;
    this.#tls = tls;
    this.#isSentinel = isSentinel;
    if (tls !== undefined) {
      writeFileSync(join(this.folder, 'cert.pem'), tls.cert);
      writeFileSync(join(this.folder, 'key.pem'), tls.key, { mode: 0o600 });
    }
    // In a session of its own, which the terminal's Ctrl-C does not reach.
    this.#guard = spawn('/bin/sh', ['-c', GUARD, 'guard', this.folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#guard.stdin.on('error', () => {});
    this.#guard.unref();
    this.#guard.stdin.unref();
  }

  get url() {
    return `${this.#tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${this.port}`;
  }

  /** Undefined while it is down. */
  get pid() {
    return this.#child?.pid;
  }

  /** Kills it, like a crash. The folder stays. */
  async kill() {
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Restarts it on the same port with its data, after a `kill()` if it still runs. */
  async restart() {
    await this.kill();
    if (this.#stopped !== undefined) throw new Error('This Redis is stopped: its folder is gone.');
    const chosen = this.port !== undefined;
    for (let attempt = 1; ; attempt++) {
      this.port = chosen ? this.port : randomPort();
      const failure = await this.#launch();
      if (failure === undefined) return;
      if (chosen || attempt === MOST_PORTS || !failure.includes('Address already in use')) {
        throw new Error(`${this.#program} did not start on port ${this.port}:\n${failure}`);
      }
    }
  }

  /** Ends it and removes the folder; may be called again. */
  async stop() {
    this.#stopped ??= this.#end();
    await this.#stopped;
  }

  async #end() {
    this.#child?.ref();
    this.#guard.ref();
    const gone = this.#child === undefined ? undefined : once(this.#child, 'exit');
    const swept = this.#guard.exitCode === null ? once(this.#guard, 'exit') : undefined;
    this.#guard.stdin.end();
    await Promise.all([gone, swept]);
  }

  /** Resolves when it accepts connections; with its output, if it ended instead. */
  async #launch() {
    const file = join(this.folder, 'redis.conf');
    writeFileSync(file, `${this.#lines().join('\n')}\n`);
    const child = spawn(this.#program, this.#isSentinel ? [file, '--sentinel'] : [file], {
      // Redis 7 does not start if the environment names a locale that is not installed.
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#watch(child.pid ?? '');
    this.#child = child.pid === undefined ? undefined : child;
    const failure = await whenReady(child, () => {
      this.#child = undefined;
      this.#watch('');
    });
    // A server that was not stopped must not keep the program alive; the guard ends it.
    child.unref();
    child.stdout.resume().unref();
    child.stderr.resume().unref();
    return failure;
  }

  #watch(pid) {
    this.#guard.stdin.write(`${pid}\n`);
  }

  #lines() {
    const port =
      this.#tls === undefined
        ? [`port ${this.port}`]
        : [
            'port 0',
            `tls-port ${this.port}`,
            'tls-cert-file cert.pem',
            'tls-key-file key.pem',
            'tls-ca-cert-file cert.pem',
            'tls-auth-clients no',
          ];
    return [
      `dir ${JSON.stringify(this.folder)}`,
      'bind 127.0.0.1',
      ...port,
      ...(this.#isSentinel ? [] : KEEPING),
      ...this.#config,
    ];
  }
}

function whenReady(child, ended) {
  return new Promise((resolve, reject) => {
    let said = '';
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${child.spawnfile} was not ready after ${START_LIMIT} ms:\n${said}`));
    }, START_LIMIT);
    const settle = (failure) => {
      clearTimeout(limit);
      child.stdout.off('data', hear);
      child.stderr.off('data', hear);
      resolve(failure);
    };
    const hear = (chunk) => {
      said += chunk;
      if (READY.test(said)) settle(undefined);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('exit', ended);
    // After the last of its output, unlike `exit`.
    child.once('close', () => settle(said));
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
  });
}
