import { defineAgent } from '../../../src/index.js';
import { Gate } from '../help.js';

/**
 * An agent that notes what it gets, in the order in which it gets it; `hold` keeps it busy until
 * the gate opens.
 */
export function log() {
  const seen: unknown[] = [];
  const gate = new Gate();
  const Log = defineAgent({
    casts: { note(_self, what: unknown) { seen.push(what); }, async hold() { await gate.promise; } },
    calls: { note(_self, what: unknown) { seen.push(what); return what; }, sync: () => undefined },
    info(_self, message) { seen.push(['info', message]); },
  });
  return { Log, seen, gate };
}
