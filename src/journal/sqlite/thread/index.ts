/** What the thread of a store runs: one script. */
import { BASE } from './base.js';
import { HEAD } from './head.js';
import { LOOP } from './loop.js';
import { OPEN } from './open.js';
import { OWN } from './own.js';
import { STEPS } from './steps.js';
import { WORK } from './work.js';

export const STORE_THREAD: string = [BASE, OWN, HEAD, OPEN, STEPS, WORK, LOOP].join('\n');
