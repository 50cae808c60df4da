import type { Family } from './family.js';
import { links, names, timers } from './puppets/family.js';

export const FAMILIES: readonly Family[] = [links, names, timers];
