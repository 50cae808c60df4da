import { callers } from './callers/family.js';
import type { Family } from './family.js';
import { delays, machines } from './machines/family.js';
import { groups, links, names, timers } from './puppets/family.js';
import { servers, waits } from './servers/family.js';
import { starters } from './starters/family.js';
import { tasks } from './tasks/family.js';
import { dynamics, pools, restarts, shutdowns, supervisors } from './trees/family.js';

export const FAMILIES: readonly Family[] = [
  supervisors, starters, pools, dynamics, links, servers, machines, groups, names, timers,
  shutdowns, restarts, waits, delays, tasks, callers,
];
