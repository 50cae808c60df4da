import type { Family } from './family.js';
import { links, names, timers } from './puppets/family.js';
import { restarts, shutdowns, supervisors } from './trees/family.js';

export const FAMILIES: readonly Family[] = [supervisors, links, names, timers, shutdowns, restarts];
