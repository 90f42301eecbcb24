/** Tasks that fail by themselves, without an effect on their worker. */
import { begin, end } from './marks.mjs';
import { thrown } from './thrown.mjs';

const { setTimeout, Promise } = globalThis;

export function throws(id, name) {
  begin(id);
  end(id);
  throw thrown[name].make();
}

export async function rejects(id, name, ms) {
  begin(id);
  await new Promise((resolve) => void setTimeout(resolve, ms));
  end(id);
  throw thrown[name].make();
}

/** A result that can't leave its worker. */
export function keeps(id, what) {
  begin(id);
  end(id);
  return { kept: unsendable[what]() };
}

const unsendable = {
  promise: () => Promise.resolve(1),
  weakMap: () => new WeakMap(),
  weakRef: () => new WeakRef({}),
};

/** A stack overflow is an error like any other. */
export function overflows(id) {
  begin(id);
  try {
    return deeper(0);
  } finally {
    end(id);
  }
}

function deeper(n) {
  return deeper(n + 1) + 1;
}
