/** `concurrent-futures host`: a host as a process. Its exit code tells why it has ended. */
import { parseArgs } from 'node:util';
import { type ClusterHost, serveCluster } from '../host/cluster-host.ts';
import { eventText, jsonLine, type HostEnd, type HostEvent } from '../host/host-event.ts';
import type { HostOptions } from '../host/host-options.ts';
import { number, queueArguments, readQueue } from './arguments.ts';
import { codeOf, ExitCode, textOf } from './exit-code.ts';
import { usage } from './usage.ts';

/** Milliseconds between two checks whether npm is still running. */
const PARENT_CHECK = 500;

const codes: Record<HostEnd, number> = {
  drained: ExitCode.Drained,
  forced: ExitCode.Forced,
  broken: ExitCode.Workers,
};

export async function hostCommand(args: readonly string[]): Promise<number> {
  let options: HostOptions | 'help';
  try {
    options = readArguments(args);
  } catch (error) {
    console.error(`${textOf(error)}\n\n${usage}`);
    return ExitCode.Usage;
  }
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const { onEvent, ...others } = options;
  let host: ClusterHost;
  try {
    const starting = serveCluster({
      ...others,
      onEvent: (event) => {
        // Before any listener gets the event: it may end the host.
        if (event.event === 'started') handleSignals(starting);
        onEvent?.(event);
      },
    });
    host = await starting;
  } catch (error) {
    console.error(textOf(error));
    return codeOf(error);
  }
  return codes[await host.stopped];
}

/** Closes the host at a signal. At the second signal the host does not wait for its calls. */
function handleSignals(starting: Promise<ClusterHost>): void {
  let isTold = false;
  const close = (): void => {
    isTold = true;
    void starting.then((host) => host.close());
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, close);
  if (process.env['npm_command'] === undefined) return;
  // npm does not pass signals on to its child: it ends, and the shell in between, too.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (!isTold) close();
  }, PARENT_CHECK).unref();
}

/** Every option of a host has an argument: the compiler misses one that has none. */
function readArguments(args: readonly string[]): HostOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...queueArguments,
      workers: { type: 'string' },
      processes: { type: 'boolean' },
      name: { type: 'string' },
      root: { type: 'string' },
      allow: { type: 'string', multiple: true },
      'allow-code': { type: 'boolean' },
      lease: { type: 'string' },
      'max-tasks-per-child': { type: 'string' },
      initializer: { type: 'string' },
      memory: { type: 'string' },
    },
  });
  if (values.help === true) return 'help';
  const memory = number('--memory', values.memory);
  if (memory === 0) throw new RangeError('--memory must be at least 1, in MiB, but 0 was given.');
  return {
    ...readQueue(values),
    workers: number('--workers', values.workers),
    kind: values.processes === true ? 'processes' : 'threads',
    name: values.name,
    root: values.root,
    allow: values.allow,
    allowCode: values['allow-code'],
    lease: number('--lease', values.lease),
    maxTasksPerChild: number('--max-tasks-per-child', values['max-tasks-per-child']),
    initializer: values.initializer,
    resourceLimits: memory === undefined ? undefined : { maxOldGenerationSizeMb: memory },
    onEvent: values.json === true ? logJson : logText,
  } satisfies { [K in keyof HostOptions]-?: HostOptions[K] };
}

function logText(event: HostEvent): void {
  console.log(`${new Date().toISOString()} ${eventText(event)}`);
}

function logJson(event: HostEvent): void {
  console.log(jsonLine({ time: new Date().toISOString(), ...event }));
}
