import { lendRequire } from '../../base/index.js';

/** Evaluated before the package that needs it, given back after it: see `lendRequire`. */
export const takeBack: () => void = lendRequire();
