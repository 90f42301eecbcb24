/** The examples of doc comments. Not with those of pages: up to Node 22, a file of tests has two minutes. */
import { examplesOfComments } from '../support/example-programs.js';
import { testExamples } from '../support/example-tests.js';

testExamples('comments', examplesOfComments());
