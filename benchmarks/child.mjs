/**
 * One measurement in a process of its own: `node child.mjs <scenario> <contender> <case as JSON>`.
 *
 * The numbers go to the parent as a message; after that the process has to end by itself.
 */
import { loadContender } from './rivals/index.mjs';
import { loadScenario } from './scenarios/index.mjs';

const [scenarioName, contenderName, options] = process.argv.slice(2);
const scenario = await loadScenario(scenarioName);
const contender = await loadContender(contenderName);
const result = await scenario.measure(contender, JSON.parse(options));
process.send(result);
process.disconnect();
