/** Installs a Redis server if that needs no permission: on Debian and its derivatives, as root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const LIMIT = 3 * 60_000;
const INSTALL = ['install', '-y', '--no-install-recommends', 'redis-server'];
/** Debian runs this program before it starts an installed service; exit code 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';

/** Tries to install; the caller checks `PATH` for the result. */
export async function installRedis() {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return;
  console.error('There is no redis-server. Installing it: apt-get install redis-server');
  const signal = AbortSignal.timeout(LIMIT);
  await withoutServices(async () => {
    if (await aptGet(INSTALL, signal)) return;
    // The package lists are missing, as in a container image, or too old.
    if (await aptGet(['update'], signal)) await aptGet(INSTALL, signal);
  });
}

async function withoutServices(install) {
  let ours = true;
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  } catch {
    // Another program has set the policy, as in most container images.
    ours = false;
  }
  try {
    await install();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}

async function aptGet(args, signal) {
  try {
    const child = spawn('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=60', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
      signal,
    });
    const [code] = await once(child, 'exit');
    return code === 0;
  } catch (error) {
    console.error(`apt-get ${args[0]}: ${error.message}`);
    return false;
  }
}
