/** The events of a host, for `onEvent` and for the lines of its log. */

/**
 * An event of a host, as `onEvent` gets it. Its kind is the property `event`. A task that throws causes no event.
 */
export type HostEvent =
  | {
      /** The host is ready. */
      readonly event: 'started';
      /** The name of the host. */
      readonly host: string;
      /** The name of the queue. */
      readonly queue: string;
      /** The host and port of the Redis server, without its password. */
      readonly redis: string;
      /** The largest number of workers. */
      readonly workers: number;
      /** The kind of workers. */
      readonly kind: 'threads' | 'processes';
      /** The length of a lease in milliseconds. */
      readonly lease: number;
      /** The folder from which the paths of modules start. */
      readonly root: string;
    }
  | {
      /** A call did not end normally. */
      readonly event:
        /** The host did not run the call, or Redis did not take its result: the call fails. */
        | 'call-refused'
        /** The host has other code than the submitter, or no secret: the call goes back to the queue. */
        | 'call-passed-on'
        /** A worker died with the call. */
        | 'worker-died'
        /** The host could not renew the lease of the call, so another host may run it. */
        | 'lease-lost'
        /** A job in the queue is of another library: it stays there. */
        | 'foreign-job';
      /** The id of the call. */
      readonly call: string;
      /** The name of the task's function. */
      readonly task: string;
      /** The reason, for people. */
      readonly reason: string;
    }
  | {
      /** A control message, or the stored settings of the queue, are not as this library writes them. */
      readonly event: 'message-refused';
      /** The reason, for people. */
      readonly reason: string;
    }
  | {
      /** A pattern of `allow` matches nothing: it may be mistyped, or meant for another root. */
      readonly event: 'pattern-unused';
      /** The pattern. */
      readonly pattern: string;
    }
  | {
      /** Calls that waited here went back to the queue, for a host that has room. */
      readonly event: 'calls-returned';
      /** The number of calls. */
      readonly count: number;
    }
  | {
      /** Redis refuses writes, because it has no memory left. */
      readonly event: 'redis-full';
      /** The number of expired outcomes that were removed. */
      readonly removed: number;
    }
  | {
      /**
       * Redis refuses writes for another reason: it is a replica, it can't save its data, and so on. They are tried
       * again.
       */
      readonly event: 'redis-refuses';
      /** The reason, for people. */
      readonly reason: string;
    }
  | {
      /** Redis takes writes again, after `redis-full` or `redis-refuses`. */
      readonly event: 'redis-recovered';
    }
  | {
      /** The connection to Redis is lost, or is there again. */
      readonly event: 'connection-lost' | 'connection-back';
    }
  | {
      /** The clocks of the host and of Redis differ by more than two seconds. */
      readonly event: 'clock-differs';
      /** The difference in milliseconds; positive if the clock of the host is ahead. */
      readonly milliseconds: number;
    }
  | {
      /** The host takes no more calls, and waits for those that run. */
      readonly event: 'draining';
      /** The number of calls that it has. */
      readonly calls: number;
    }
  | {
      /** The host has stopped. */
      readonly event: 'stopped';
      /** The reason. */
      readonly reason: HostEnd;
      /** The cause of `'broken'`. */
      readonly error?: string;
    };

/** The reason why a host has stopped. */
export type HostEnd =
  /** It was closed, and all calls that ran were done. */
  | 'drained'
  /** It was closed twice; another host runs the calls again that ran. */
  | 'forced'
  /** Its pool is broken: its workers can't be started any more, or a task has shut it down. */
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

/**
 * The most characters of a text in an event. Any program with access to Redis can give jobs names of megabytes, and an
 * event is a line of a log.
 */
const LONGEST = 1_000;
/** Characters that control a terminal or the direction of a line, and that JSON does not escape. */
const CONTROLS = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Cuts the texts in an event that are too long for a line. */
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

/** As JSON that has no line ends and no commands for a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
