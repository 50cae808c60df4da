import { atOnce, settle } from '../../base/index.js';
import { Limiter } from '../../delivery/guard/index.js';
import type { Permit } from '../../delivery/guard/index.js';
import type { Operation, ServiceDefinitionImpl } from './definition.js';
import type { Kernel } from '../../process/record/index.js';

/** What a request weighs of which nothing was said. */
const WEIGHT = 1;

/**
 * The limit of one service. It is asked for one start at a time, that of the request whose turn is next, by the
 * weight of that one; a start that nobody uses is given back, so that no request waits for the weight of another.
 */
export class Starts {
  private readonly limiter: Limiter;
  /** of the start that it was asked for; null also for one that has no weight */
  private permit: Permit | null = null;
  private weight = 0;
  private state: 'none' | 'asked' | 'granted' = 'none';
  /** @param granted hears that the start it was asked for may be made */
  constructor(
    private readonly kernel: Kernel,
    private readonly definition: ServiceDefinitionImpl,
    options: NonNullable<ServiceDefinitionImpl['limit']>,
    private readonly granted: () => void,
  ) {
    this.limiter = new Limiter(kernel, options);
  }

  /** What a request weighs, as far as it is known. Throws what the user's function does, and OVERWEIGHT. */
  weightOf({ name, weights: { weight } }: Operation, payload: unknown): number {
    if (weight === null) return WEIGHT;
    const where = `service.weight.${name}`;
    return this.limiter.readWeight(where, atOnce(where, weight(payload)));
  }

  /** Whether one that weighs so much may start now; if not, `granted` is called when it may. */
  may(weight: number): boolean {
    if (this.state !== 'none' && this.weight !== weight) this.giveBack();
    if (this.state !== 'none') return this.state === 'granted';
    const permit = this.limiter.enter(null, null, -1, weight);
    this.permit = permit;
    this.weight = weight;
    if (permit === null || permit.granted) {
      this.state = 'granted';
      return true;
    }
    this.state = 'asked';
    settle(permit.ready(), () => this.decided(permit), () => undefined);
    return false;
  }

  private decided(permit: Permit): void {
    if (this.permit !== permit || this.state !== 'asked') return;
    this.state = permit.granted ? 'granted' : 'none';
    this.granted();
  }

  /** It is made; null for one that has no weight. */
  start(): Permit | null {
    const { permit, limiter } = this;
    this.state = 'none';
    this.permit = null;
    limiter.call(permit);
    return permit;
  }

  /** Nobody has used it. */
  unused(): void {
    if (this.state === 'granted') this.giveBack();
  }

  private giveBack(): void {
    const { permit, limiter } = this;
    this.state = 'none';
    this.permit = null;
    if (permit === null || permit.granted) limiter.leave(permit, true);
    else limiter.withdraw(permit, undefined);
  }

  /** What it has turned out to weigh: the user's function is asked. */
  weigh(permit: Permit | null, { name, weights: { weigh } }: Operation, answer: unknown, payload: unknown): void {
    if (permit === null || weigh === null) return;
    const where = `service.weigh.${name}`;
    try {
      const weight = atOnce(where, weigh(answer, payload));
      if (weight !== undefined) this.limiter.weigh(permit, this.limiter.checkWeight(where, weight));
    } catch (error) {
      this.kernel.warn('weigh of a service failed: the weight of its request stays', {
        service: this.definition.name, operation: name, error,
      });
    }
  }

  /** A call that was made is over. */
  over(permit: Permit | null, error: unknown): void {
    if (error !== undefined) this.limiter.learn(error);
    this.limiter.leave(permit, false);
  }

  end(): void {
    this.limiter.end();
  }
}
