/** `concurrent-futures hosts`: lists the hosts of a queue. */
import { parseArgs } from 'node:util';
import type { HostInfo } from '../cluster/host-record.ts';
import { ClusterExecutor } from '../cluster/cluster-executor.ts';
import { jsonLine } from '../host/host-event.ts';
import { queueArguments, readQueue } from './arguments.ts';
import { codeOf, ExitCode, textOf } from './exit-code.ts';
import { usage } from './usage.ts';

const HEADINGS = ['NAME', 'MACHINE', 'PID', 'WORKERS', 'CALLS', 'NODE', 'VERSION', 'SINCE'];

export async function hostsCommand(args: readonly string[]): Promise<number> {
  let cluster: ClusterExecutor;
  let isJson: boolean;
  try {
    const { values } = parseArgs({ args: [...args], options: queueArguments });
    if (values.help === true) {
      console.log(usage);
      return 0;
    }
    isJson = values.json === true;
    cluster = new ClusterExecutor(readQueue(values));
  } catch (error) {
    console.error(`${textOf(error)}\n\n${usage}`);
    return ExitCode.Usage;
  }
  try {
    const hosts = await cluster.hosts();
    if (isJson) for (const host of hosts) console.log(jsonLine(host));
    else console.log(table(hosts));
    return 0;
  } catch (error) {
    console.error(textOf(error));
    return codeOf(error);
  }
}

/** The output for people. */
function table(hosts: readonly HostInfo[]): string {
  if (hosts.length === 0) return 'No host serves this queue.';
  const rows = hosts.map((host) => [
    host.name,
    host.hostname,
    String(host.pid),
    `${host.workers} ${host.kind}`,
    String(host.calls),
    host.versions.node,
    host.versions.concurrentFutures,
    host.since.toISOString(),
  ]);
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}
