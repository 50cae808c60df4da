import { Contestant } from './contestant.js';
import type { Metric } from './metric.js';
import { builtLibrary, childProgram } from './repository.js';

/** A fresh process for one metric: type feedback of one case must not decide the next one's figures. */
export function startCastcall(metric: Metric, library: string = builtLibrary, label = 'castcall'): Contestant {
  const env = { ...process.env, NODE_ENV: 'production' };
  return new Contestant(label, process.execPath, ['--expose-gc', ...metric.nodeFlags, childProgram, library], env);
}
