#!/usr/bin/env node
/** `npx concurrent-futures <command>`. */
import { hostCommand } from './host-command.ts';
import { hostsCommand } from './hosts-command.ts';
import { usage } from './usage.ts';

const [command, ...args] = process.argv.slice(2);

// Exits explicitly: leftovers in this process must not keep it alive. Everything important is stored by now.
if (command === 'host') process.exit(await hostCommand(args));
else if (command === 'hosts') process.exit(await hostsCommand(args));
else if (command === undefined || command === '--help' || command === '-h') {
  console.log(usage);
  process.exitCode = command === undefined ? 2 : 0;
} else {
  console.error(`There is no command ${command}.\n\n${usage}`);
  process.exitCode = 2;
}
