/** On Node 20 tsx stays out of threads until it is asked in. */
import { cases } from './cases.ts';
import { runAll } from './run.ts';

const initializer = async (): Promise<void> => {
  const { register } = await import('tsx/esm/api');
  register();
};

void runAll(cases, { initializer }).then((results) => console.log(JSON.stringify(results)));
