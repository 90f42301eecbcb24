/**
 * One measurement in a process of its own: `node child.mjs <kind> <scenario> <contender> <case as JSON>`.
 *
 * The numbers go to the parent as a message; after that the process has to end by itself.
 */
import { loadContender } from './rivals/index.mjs';
import { loadScenario } from './scenarios/index.mjs';

const [kind, scenarioName, contenderName, json] = process.argv.slice(2);
const options = JSON.parse(json);
const scenario = await loadScenario(scenarioName);
const contender = await loadContender(kind, contenderName, options.settings);
const result = await scenario.measure(contender, options);
process.send(result);
process.disconnect();
