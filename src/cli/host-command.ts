/** `concurrent-futures host`: a host as a process, with an exit code that says why it has ended. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BrokenCluster, ExecutorError, MissingPeerError } from '../errors.ts';
import { type ClusterHost, serveCluster } from '../host/cluster-host.ts';
import { eventText, type HostEnd, type HostEvent } from '../host/host-event.ts';
import type { HostOptions } from '../host/host-options.ts';
import { usage } from './usage.ts';

/** Documented in `usage.ts`. */
const ExitCode = {
  Drained: 0,
  Unforeseen: 1,
  Usage: 2,
  Connection: 3,
  Name: 4,
  Workers: 5,
  Forced: 6,
} as const;

/** Milliseconds between two looks at whether npm is still there. */
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
        // Before anybody hears that it has started, and may end it.
        if (event.event === 'started') heedSignals(starting);
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

/** A host that is closed for the second time does not wait. */
function heedSignals(starting: Promise<ClusterHost>): void {
  let isTold = false;
  const close = (): void => {
    isTold = true;
    void starting.then((host) => host.close());
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, close);
  if (process.env['npm_command'] === undefined) return;
  // npm does not pass signals on to what it has started: it ends, and a shell with it.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (!isTold) close();
  }, PARENT_CHECK).unref();
}

function readArguments(args: readonly string[]): HostOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      redis: { type: 'string' },
      queue: { type: 'string' },
      workers: { type: 'string' },
      processes: { type: 'boolean' },
      name: { type: 'string' },
      root: { type: 'string' },
      allow: { type: 'string', multiple: true },
      'allow-code': { type: 'boolean' },
      lease: { type: 'string' },
      'secret-file': { type: 'string', multiple: true },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  return {
    connection: values.redis ?? process.env['REDIS_URL'],
    queue: values.queue,
    workers: number('--workers', values.workers),
    kind: values.processes === true ? 'processes' : 'threads',
    name: values.name,
    root: values.root,
    allow: values.allow,
    allowCode: values['allow-code'],
    lease: number('--lease', values.lease),
    secret: values['secret-file']?.map(readSecret),
    onEvent: values.json === true ? logJson : logText,
  };
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text))
    throw new RangeError(`${name} must be a whole number, but '${text}' was given.`);
  return Number(text);
}

/** Not as an argument: those can be seen by everybody who may list processes. */
function readSecret(file: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new RangeError(`--secret-file ${file} can't be read: ${textOf(error)}`);
  }
  // What an editor, or echo, has put at its end.
  const end = /\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0;
  return bytes.subarray(0, bytes.length - end);
}

function logText(event: HostEvent): void {
  console.log(`${new Date().toISOString()} ${eventText(event)}`);
}

function logJson(event: HostEvent): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), ...event }));
}

function codeOf(error: unknown): number {
  if (error instanceof MissingPeerError) return ExitCode.Usage;
  if (error instanceof BrokenCluster) return ExitCode.Connection;
  if (error instanceof ExecutorError && error.code === 'ERR_HOST_NAME') return ExitCode.Name;
  const isArgument = error instanceof TypeError || error instanceof RangeError;
  return isArgument ? ExitCode.Usage : ExitCode.Unforeseen;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
