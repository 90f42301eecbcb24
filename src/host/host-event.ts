/** What a host tells of itself, an event each: `onEvent`, and the lines of its log. */

export type HostEvent =
  | {
      readonly event: 'started';
      readonly host: string;
      readonly queue: string;
      /** Host and port; a connection string would give its password away. */
      readonly redis: string;
      readonly workers: number;
      readonly kind: 'threads' | 'processes';
      /** Milliseconds. */
      readonly lease: number;
      readonly root: string;
    }
  /** A call ended with something that whoever runs this host may want to know. Those that merely throw are not told. */
  | {
      readonly event:
        | 'call-refused'
        | 'call-passed-on'
        | 'worker-died'
        | 'lease-lost'
        | 'foreign-job';
      readonly call: string;
      readonly task: string;
      readonly reason: string;
    }
  /** Somebody has written what no submitter of ours writes: to the channel of control messages, or the settings of the queue. */
  | { readonly event: 'message-refused'; readonly reason: string }
  /** Nothing that there is here matches it: it may be mistyped, or meant for another root. */
  | { readonly event: 'pattern-unused'; readonly pattern: string }
  /** Calls that wait here go back to the queue, for a host that has room. */
  | { readonly event: 'calls-returned'; readonly count: number }
  /** Redis takes nothing, because it has no memory left; so many outcomes that had expired were removed. */
  | { readonly event: 'redis-full'; readonly removed: number }
  /** Redis takes nothing for another reason: it is a replica, can't save, … What it refuses is tried again. */
  | { readonly event: 'redis-refuses'; readonly reason: string }
  /** After either of them. */
  | { readonly event: 'redis-recovered' }
  | { readonly event: 'connection-lost' | 'connection-back' }
  | { readonly event: 'clock-differs'; readonly milliseconds: number }
  /** Nothing is taken any more, and what runs is waited for. */
  | { readonly event: 'draining'; readonly calls: number }
  | {
      readonly event: 'stopped';
      readonly reason: HostEnd;
      /** What has broken it. */
      readonly error?: string;
    };

/** Why a host has stopped. */
export type HostEnd =
  /** It was asked to, and everything that ran was done. */
  | 'drained'
  /** It was asked twice, and what ran will be run again by another host. */
  | 'forced'
  /** Its workers can't be started any more. */
  | 'broken';

const words: Record<HostEvent['event'], string> = {
  started: 'started',
  'call-refused': 'refused a call',
  'call-passed-on': 'left a call to another host',
  'worker-died': 'lost a worker',
  'lease-lost': 'lost the lease of a call, which another host may run now',
  'foreign-job': 'left a job alone that is none of ours',
  'message-refused': 'refused a message',
  'pattern-unused': 'has nothing that a pattern allows',
  'calls-returned': 'gave calls back',
  'redis-full': 'found Redis full',
  'redis-refuses': 'finds Redis unwilling',
  'redis-recovered': 'finds Redis taking again what it had refused',
  'connection-lost': 'lost the connection to Redis',
  'connection-back': 'is connected to Redis again',
  'clock-differs': 'has a clock that differs from that of Redis',
  draining: 'takes no more calls and waits for those that run',
  stopped: 'stopped',
};

/** Of a text in an event. Whoever can write to Redis can give jobs names of megabytes, and an event is a line of a log. */
const LONGEST = 1_000;
/** What terminals heed besides what JSON writes in another way, and what turns a line around. */
const CONTROLS = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** With no text in it that is longer than a line may be. */
export function shortened<E extends HostEvent>(event: E): E {
  const entries = Object.entries(event).map(([key, value]: [string, unknown]) => {
    const isLong = typeof value === 'string' && value.length > LONGEST;
    return [key, isLong ? `${value.slice(0, LONGEST)}...` : value];
  });
  return Object.fromEntries(entries) as E;
}

/** A line for people. */
export function eventText(event: HostEvent): string {
  const { event: kind, ...details } = event;
  const text = Object.entries(details).map(([key, value]) => `${key}=${jsonLine(value)}`);
  return [words[kind], ...text].join(' ');
}

/** As JSON in which nothing is the end of a line, or a command to a terminal, for anybody who reads it. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
