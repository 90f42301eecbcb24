/** Arguments that several commands take. */
import { readFileSync } from 'node:fs';
import { resolveSecrets } from '../cluster/secret.ts';
import { textOf } from './exit-code.ts';

/** The options for the queue and the form of the output, for `parseArgs`. */
export const queueArguments = {
  redis: { type: 'string' },
  queue: { type: 'string' },
  'secret-file': { type: 'string', multiple: true },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface QueueValues {
  readonly redis?: string | undefined;
  readonly queue?: string | undefined;
  readonly 'secret-file'?: readonly string[] | undefined;
}

/** @throws RangeError if a secret can't be read. */
export function readQueue({ redis, queue, 'secret-file': files }: QueueValues): {
  readonly connection: string | undefined;
  readonly queue: string | undefined;
  readonly secret: readonly Uint8Array[] | undefined;
} {
  return {
    connection: redis ?? process.env['REDIS_URL'],
    queue,
    secret: files?.map(readSecret),
  };
}

export function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text))
    throw new RangeError(`${name} must be a whole number, but '${text}' was given.`);
  return Number(text);
}

/** Not given as an argument: any user who may list processes can read arguments. */
function readSecret(file: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new RangeError(`--secret-file ${file} can't be read: ${textOf(error)}`);
  }
  try {
    resolveSecrets(bytes);
  } catch (error) {
    throw new RangeError(`--secret-file ${file} can't be used: ${textOf(error)}`);
  }
  return bytes;
}
