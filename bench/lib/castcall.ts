import { Contestant } from './contestant.js';
import type { Metric } from './metric.js';
import { builtLibrary, childProgram } from './repository.js';

/** A fresh process for one metric: type feedback of one case must not decide the next one's figures. */
export function startCastcall(
  metric: Metric, library: string = builtLibrary, label = 'castcall', node: string = process.execPath,
  mode = 'production',
): Contestant {
  const env = { ...process.env, NODE_ENV: mode };
  return new Contestant(label, node, ['--expose-gc', ...metric.nodeFlags, childProgram, library], env);
}
