/** Collects this library's process warnings, which would otherwise be printed. */
import type { TestContext } from 'node:test';

export interface SeenWarning extends Error {
  readonly code?: string;
  readonly detail?: string;
}

/** Replaces the process's own printer for the duration of a test, and collects the warnings. */
export class WarningLog {
  readonly seen: SeenWarning[] = [];
  #tell: (() => void) | undefined = undefined;

  constructor(t: TestContext) {
    const printers = process.listeners('warning');
    const onWarning = (warning: SeenWarning): void => {
      this.seen.push(warning);
      this.#tell?.();
    };
    process.removeAllListeners('warning');
    process.on('warning', onWarning);
    t.after(() => {
      process.off('warning', onWarning);
      for (const printer of printers) process.on('warning', printer);
    });
  }

  codes(): (string | undefined)[] {
    return this.seen.map(({ code }) => code);
  }

  /** The first warning with this code, as soon as there is one. */
  async next(code: string): Promise<SeenWarning> {
    for (;;) {
      const found = this.seen.find((warning) => warning.code === code);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#tell = resolve));
    }
  }
}
