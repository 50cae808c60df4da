import { BreakerOpenError, defineAgent, type ProcessVerbs } from '../../../src/index.js';
import { lookUp, Unavailable, type AdvisorySource } from '../advisory/client.js';
import { BREAKER } from '../advisory/watch.js';
import type { PackageInput } from '../findings.js';
import type { Hazard } from '../hazard.js';
import { findAdvisories } from '../rules/advisory.js';

export interface AdvisorSetup {
  readonly source: AdvisorySource;
  readonly hazard: Hazard;
}

export type AdviceSource = 'server' | 'local';

export interface Advice {
  readonly advisories: readonly string[];
  readonly source: AdviceSource;
}

/**
 * Asks a server that is sometimes down. A hiccup is tried again; in an outage the breaker fails the
 * look-up at once, and the data at hand has to do. It asks for one package after the other, so the
 * server's failures come in their order.
 */
export const Advisor = defineAgent({
  name: 'advisor',
  init: (setup: AdvisorSetup) => setup,
  calls: {
    async check(self, { name, manifest: { version } }: PackageInput): Promise<Advice> {
      const { source, hazard } = self.state;
      hazard.pass();
      try {
        const ask = () => guarded(self, source, name, version);
        const advisories = await self.retry(
          ask, {
            attemptsMax: 3, when: (error) => error instanceof Unavailable,
            backoff: { baseMs: 2, maxMs: 10 },
          },
        );
        return { advisories, source: 'server' };
      } catch (error) {
        if (!isOutage(error)) throw error;
        return { advisories: findAdvisories(name, version), source: 'local' };
      }
    },
    /** One look-up for nobody: how the server is. */
    async knock(self): Promise<void> {
      const { source, hazard } = self.state;
      hazard.pass();
      await guarded(self, source, 'castcall', null).catch((error: unknown) => {
        if (!isOutage(error)) throw error;
      });
    },
  },
});

function guarded(
  self: ProcessVerbs, source: AdvisorySource, name: string, version: string | null,
): Promise<string[]> {
  return self.breaker(BREAKER).run((signal) => lookUp(source, name, version, signal));
}

function isOutage(error: unknown): boolean {
  return error instanceof Unavailable || error instanceof BreakerOpenError;
}
