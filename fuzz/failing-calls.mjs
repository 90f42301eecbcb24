/** Calls that fail by themselves, with an error that must arrive. */
import { Future } from 'concurrent-futures';
import { emitsExit, nearlyExits } from './fatal-tasks.mjs';
import { endings, gentleStubNames, leavesEnding, leavesStub, stubNames } from './stub-tasks.mjs';
import { keeps, overflows, rejects, throws } from './throwing-tasks.mjs';
import { echo } from './tasks.mjs';
import { thrownNames } from './thrown.mjs';

const unsendableArguments = [
  () => Promise.resolve(1),
  () => new Future(),
  () => new WeakMap(),
  () => new WeakRef({}),
];

/** Rounds with tasks that submit calls: these need the other globals. */
const mustSubmit = ['nested', 'shutdowns', 'crowds'];

export const failing = [
  {
    weight: 5,
    group: 'throws',
    make(id, { random }) {
      const name = random.pick(thrownNames);
      return { fn: throws, args: [id, name], expect: { thrown: name } };
    },
  },
  {
    weight: 3,
    group: 'throws',
    make(id, { random }) {
      const name = random.pick(thrownNames);
      return { fn: rejects, args: [id, name, random.int(0, 20)], expect: { thrown: name } };
    },
  },
  {
    weight: 1,
    group: 'throws',
    make: (id) => ({ fn: overflows, args: [id], expect: { error: 'RangeError' } }),
  },
  {
    weight: 1,
    group: 'throws',
    isolated: true,
    make: (id, { random }) => ({
      fn: keeps,
      args: [id, random.pick(['promise', 'weakMap', 'weakRef'])],
      expect: { error: 'PicklingError' },
    }),
  },
  {
    weight: 2,
    group: 'throws',
    isolated: true,
    make: (id, { random }) => ({
      fn: echo,
      args: [id, { deep: [random.pick(unsendableArguments)()] }],
      expect: { error: 'PicklingError', unsent: true },
    }),
  },
  {
    weight: 4,
    group: 'stubs',
    isolated: true,
    make: (id, { random, active }) => ({
      fn: leavesStub,
      args: [
        id,
        random.pick(mustSubmit.some((group) => active.has(group)) ? gentleStubNames : stubNames),
        id,
      ],
      expect: { value: id },
      isFault: true,
    }),
  },
  {
    weight: 3,
    group: 'exits',
    isolated: true,
    make: (id, { random }) => ({
      fn: random.pick([emitsExit, nearlyExits]),
      args: [id, id],
      expect: { value: id },
      isFault: true,
    }),
  },
  {
    weight: 3,
    group: 'endings',
    isolated: true,
    make: (id, { random }) => ({
      fn: leavesEnding,
      args: [id, random.pick(Object.keys(endings)), id],
      expect: { value: id },
      isFault: true,
    }),
  },
];
