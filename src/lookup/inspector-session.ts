/**
 * Looks inside functions of this thread: where they are defined, and which variables are in their scopes.
 *
 * V8 gives this information to its inspector, and an inspector session in the same thread answers synchronously. No
 * port is opened and no domain is enabled, so running code is not slowed down. The protocol identifies objects by
 * its own numbers; values are exchanged through an object that both sides can reach.
 *
 * No standard guarantees any of this. So each new session is tested on a function of this module. A runtime that
 * gives other answers counts as one that cannot look inside functions.
 */
import { withoutPrototype, own } from '../util/own.ts';
import type { InspectorNotification, Session } from 'node:inspector';

export interface Scope {
  /** `Closure (name)`, `Block`, `Module`, …, as V8 describes it. */
  readonly description: string;
  /** A copy of its variables. Reading a variable that has no value so far may throw. */
  readonly object: object;
}

export interface Sight {
  /** The source text. Of a native function: a text without code. */
  readonly source: string;
  /** Undefined for native and bound functions. Line and column count from 0. */
  readonly location:
    | { readonly script: string; readonly line: number; readonly column: number }
    | undefined;
  /** Innermost first. Empty if the caller did not ask for scopes. */
  readonly scopes: readonly Scope[];
  readonly bound:
    | { readonly target: unknown; readonly self: unknown; readonly args: unknown[] }
    | undefined;
}

interface Remote {
  readonly type?: string;
  readonly value?: unknown;
  readonly objectId?: string;
  readonly description?: string;
  readonly unserializableValue?: string;
}

interface Property {
  readonly name: string;
  readonly value?: Remote;
}

interface Exchange {
  given: unknown;
  taken: unknown;
}

type Answer = Readonly<Record<string, unknown>>;

const GROUP = 'concurrent-futures';
/** After so many looks the inspector's references are released, even in the middle of packing a large function. */
const MOST_LOOKS = 64;

export class InspectorSession {
  readonly #session: Session;
  readonly #exchange: Exchange = { given: undefined, taken: undefined };
  readonly #exchangeId: string;
  #looks = 0;

  /** @throws Error if this runtime has no inspector, does not allow it, or gives unexpected answers. */
  constructor() {
    const inspector = process.getBuiltinModule('node:inspector');
    this.#session = new inspector.Session();
    this.#session.connect();
    this.#exchangeId = this.#shareExchange(inspector.Session.prototype);
    this.#prove();
  }

  /** Sends a command. @throws Error if the command is refused, or not answered synchronously. */
  ask(method: string, params: object = {}): Answer {
    let answer: Answer | undefined;
    let error: Error | null = null;
    const listener = (problem: Error | null, result?: object): void => {
      error = problem;
      answer = result as Answer | undefined;
    };
    const session = this.#session as {
      post(method: string, params: object, heard: typeof listener): void;
    };
    withoutToJson(() => session.post(method, params, listener));
    if (error !== null) throw error as Error;
    if (answer === undefined) throw new Error(`The inspector does not answer ${method} at once.`);
    return answer;
  }

  /** The parameters of all `event` notifications that arrive while `command` runs. */
  hear(event: string, command: () => void): object[] {
    const heard: object[] = [];
    const listener = (message: InspectorNotification<object>): void => {
      heard.push(message.params);
    };
    this.#session.on(event, listener);
    try {
      command();
    } finally {
      this.#session.off(event, listener);
    }
    return heard;
  }

  /** Releases the inspector's references to functions that were looked at, and so to everything they have captured. */
  release(): void {
    if (this.#looks === 0) return;
    this.#looks = 0;
    this.ask('Runtime.releaseObjectGroup', { objectGroup: GROUP });
  }

  look(fn: object, withScopes: boolean): Sight {
    if (++this.#looks > MOST_LOOKS) this.release();
    this.#exchange.given = fn;
    try {
      const remote = this.#call('function(){return this.given}');
      const found = this.ask('Runtime.getProperties', {
        objectId: remote.objectId,
        ownProperties: true,
      });
      const internal = new Map<string, Remote>();
      for (const property of (found['internalProperties'] ?? []) as Property[]) {
        const value = own(property, 'value');
        if (value !== undefined) internal.set(property.name, value);
      }
      return {
        source: remote.description ?? '',
        location: locationIn(internal.get('[[FunctionLocation]]')),
        scopes: withScopes ? this.#scopes(internal.get('[[Scopes]]')) : [],
        bound: this.#bound(internal),
      };
    } finally {
      this.#exchange.given = undefined;
      this.#exchange.taken = undefined;
    }
  }

  /** True if the object has fields that only the code of its class can read. */
  hasPrivateFields(object: object): boolean {
    this.#looks++;
    this.#exchange.given = object;
    try {
      const { objectId } = this.#call('function(){return this.given}');
      const found = this.ask('Runtime.getProperties', { objectId, ownProperties: true });
      return Array.isArray(found['privateProperties']) && found['privateProperties'].length > 0;
    } finally {
      this.#exchange.given = undefined;
    }
  }

  /** The target of a proxy; its traps are not run. */
  targetOf(proxy: object): unknown {
    this.#exchange.given = proxy;
    try {
      const { objectId } = this.#call('function(){return this.given}');
      const found = this.ask('Runtime.getProperties', { objectId, ownProperties: true });
      const internal = (found['internalProperties'] ?? []) as Property[];
      const target = internal.find(({ name }) => name === '[[Target]]')?.value;
      return target === undefined ? undefined : this.#take(target);
    } finally {
      this.#exchange.given = undefined;
      this.#exchange.taken = undefined;
    }
  }

  /**
   * Puts the exchange object on the prototype of all sessions for the time it takes the inspector to fetch it. This
   * code and the inspector can both reach that prototype, in whatever context this code runs.
   */
  #shareExchange(target: object): string {
    const key = Symbol.for('concurrent-futures.exchange');
    Object.defineProperty(
      target,
      key,
      withoutPrototype({ value: this.#exchange, configurable: true }),
    );
    try {
      const expression = `process.getBuiltinModule('node:inspector').Session.prototype[Symbol.for('${key.description}')]`;
      const { objectId } = this.ask('Runtime.evaluate', { expression })['result'] as Remote;
      if (objectId === undefined)
        throw new Error('The inspector can not reach the objects of this code.');
      return objectId;
    } finally {
      Reflect.deleteProperty(target, key);
    }
  }

  #call(functionDeclaration: string, ...args: object[]): Remote {
    const answer = this.ask('Runtime.callFunctionOn', {
      objectId: this.#exchangeId,
      functionDeclaration,
      arguments: args,
      objectGroup: GROUP,
    });
    return answer['result'] as Remote;
  }

  /** The value itself. The protocol only transmits a description of it. */
  #take(remote: Remote): unknown {
    const [objectId, value] = [own(remote, 'objectId'), own(remote, 'value')];
    const unserializableValue = own(remote, 'unserializableValue');
    const argument =
      objectId !== undefined
        ? { objectId }
        : unserializableValue !== undefined
          ? { unserializableValue }
          : { value };
    this.#call('function(x){this.taken=x}', argument);
    return this.#exchange.taken;
  }

  #scopes(remote: Remote | undefined): Scope[] {
    if (remote === undefined) return [];
    const scopes = Array.from(this.#take(remote) as ArrayLike<Scope>);
    return scopes.filter(({ description }) => description !== 'Global');
  }

  #bound(internal: ReadonlyMap<string, Remote>): Sight['bound'] {
    const target = internal.get('[[TargetFunction]]');
    const self = internal.get('[[BoundThis]]');
    const args = internal.get('[[BoundArgs]]');
    if (target === undefined || self === undefined) return undefined;
    return {
      target: this.#take(target),
      self: this.#take(self),
      args: args === undefined ? [] : Array.from(this.#take(args) as ArrayLike<unknown>),
    };
  }

  #prove(): void {
    const secret = { of: 'the probe' };
    const probe = (): object => secret;
    const { location, scopes, source } = this.look(probe, true);
    const scope = scopes.find(({ object }) => Object.hasOwn(object, 'secret'));
    const seen: unknown = scope === undefined ? undefined : Reflect.get(scope.object, 'secret');
    if (location === undefined || !source.includes('=>') || seen !== secret)
      throw new Error('The inspector describes functions in a way that is not known.');
  }
}

/** Node serializes commands as JSON, which would call a `toJSON` on `Object.prototype`. */
function withoutToJson(send: () => void): void {
  const inherited = Object.getOwnPropertyDescriptor(Object.prototype, 'toJSON');
  if (inherited === undefined) return send();
  const isGone = Reflect.deleteProperty(Object.prototype, 'toJSON');
  try {
    send();
  } finally {
    // oxlint-disable-next-line no-extend-native -- where it was before
    if (isGone) Object.defineProperty(Object.prototype, 'toJSON', withoutPrototype(inherited));
  }
}

function locationIn(remote: Remote | undefined): Sight['location'] {
  const value = remote?.value as
    | { scriptId: string; lineNumber: number; columnNumber: number }
    | undefined;
  if (value === undefined) return undefined;
  return { script: value.scriptId, line: value.lineNumber, column: value.columnNumber };
}
