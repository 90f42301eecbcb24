/** What it costs that any function can be submitted: ours alone, since no other pool does it. */
import { text } from './functions-text.mjs';

export const functions = {
  name: 'functions',
  page: 'functions.md',
  text,
  packages: [],
  versions: {},
  notes: [],
  /** In the order of the report. */
  scenarios: {
    'submit-function': { contenders: [] },
    'revive-function': { contenders: [] },
    'call-function': { contenders: [] },
  },
};
