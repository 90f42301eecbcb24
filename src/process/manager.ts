/**
 * The thread that assigns a pool's calls while the pool's own thread is busy or blocked: a dispatcher, and messages in
 * both directions. The other end is `managed-dispatcher.ts`.
 */
import type { MessagePort } from 'node:worker_threads';
import { packError } from '../codec/error-envelope.ts';
import type {
  FromManager,
  ManagerAnswer,
  ManagerQuestion,
  ManagerStart,
  ToManager,
} from '../protocol/manager-messages.ts';
import { Call } from './call.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Frame } from '../protocol/frame.ts';
import { systemThreadId } from '../util/system-thread.ts';

export class Manager {
  readonly #port: MessagePort;
  readonly #mail: Int32Array;
  readonly #dispatcher: Dispatcher<undefined>;

  constructor(start: ManagerStart) {
    this.#port = start.port;
    this.#mail = start.mail;
    this.#dispatcher = new Dispatcher(start, {
      outcome: (worker, _call, frame) => this.#forward('outcome', worker, frame),
      shapes: (worker, frame) => this.#forward('shapes', worker, frame),
      message: (worker, message) => this.#send({ kind: 'message', worker, message }),
      leaving: (worker) => this.#send({ kind: 'leaving', worker }),
      emptied: (worker) => this.#send({ kind: 'emptied', worker }),
      exited: (worker, death, cause, leaving, lost) => {
        const envelope = cause === undefined ? undefined : packError(cause, '', '');
        const calls = lost.map(({ id }) => id);
        this.#send({ kind: 'exited', worker, death, cause: envelope, leaving, lost: calls });
      },
    });
    Atomics.store(this.#mail, 1, systemThreadId());
    process.once('exit', () => {
      Atomics.store(this.#mail, 2, 1);
      Atomics.add(this.#mail, 0, 1);
      Atomics.notify(this.#mail, 0);
    });
  }

  run(): void {
    this.#port.on('message', (message: ToManager) => this.#receive(message));
  }

  #receive(message: ToManager): void {
    const dispatcher = this.#dispatcher;
    switch (message.kind) {
      case 'call': {
        const { id, fn, bytes, attached } = message;
        const frame = { page: bytes, start: 0, end: bytes.byteLength, attached };
        dispatcher.add(new Call(id, fn, frame, undefined));
        break;
      }
      case 'announce':
        dispatcher.announce(message.entry);
        break;
      case 'spawn':
        try {
          dispatcher.spawn(message.worker, message.start);
        } catch (error) {
          const cause = packError(error, '', '');
          const { worker } = message;
          this.#send({ kind: 'exited', worker, death: {}, cause, leaving: false, lost: [] });
        }
        break;
      case 'tell':
        dispatcher.tell(message.worker, message.message);
        break;
      case 'set-waiting':
        dispatcher.setWaiting(message.worker, message.calls, message.blocked);
        break;
      case 'close':
        dispatcher.close(message.worker);
        break;
      case 'kill':
        dispatcher.kill(message.worker, message.signal);
        break;
      case 'ask':
        this.#send({
          kind: 'answer',
          number: message.number,
          answer: this.#answer(message.question),
        });
        break;
      case 'end':
        dispatcher.end();
        this.#port.close();
        break;
      default:
        message satisfies never;
    }
  }

  #answer(question: ManagerQuestion): ManagerAnswer {
    const dispatcher = this.#dispatcher;
    switch (question.about) {
      case 'withdraw':
        return dispatcher.withdraw(question.call);
      case 'begun':
        // A call that is not in the table is over, and its outcome is on the way.
        return !dispatcher.calls.has(question.call) || dispatcher.hasBegun(question.call);
      case 'worker':
        return dispatcher.workerOf(question.call);
      case 'idle':
        return dispatcher.isIdle(question.worker);
      case 'last-words':
        return dispatcher.lastWords(question.worker);
      default:
        return dispatcher.pending().map(({ id }) => id);
    }
  }

  /** A frame is valid now only, and lies among others: a copy is sent. */
  #forward(kind: 'outcome' | 'shapes', worker: number, frame: Frame): void {
    const { flags, number, extra, bytes, start, end, attached } = frame;
    // By a constructor, because a Buffer's own slice() is not a copy.
    const copy = new Uint8Array(bytes.subarray(start, end));
    const sent: Frame = {
      kind: frame.kind,
      flags,
      number,
      extra,
      bytes: copy,
      start: 0,
      end: copy.byteLength,
      attached,
    };
    this.#send({ kind, worker, frame: sent }, [copy.buffer, ...(attached ?? [])]);
  }

  #send(message: FromManager, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
    Atomics.add(this.#mail, 0, 1);
    Atomics.notify(this.#mail, 0);
  }
}
