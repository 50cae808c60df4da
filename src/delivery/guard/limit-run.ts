import { timeoutMs, UNUSED } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { checkKeys, checkSignal } from '../../behaviour/gen/index.js';
import type { Process } from '../../process/record/index.js';
import type { LimitRunOptions } from '../../api/outward.js';
import { BreakerOpenError } from './breaker-error.js';
import type { Limiter, Permit } from './limit.js';
import { Run, type Asker } from './run.js';

const LIMIT_TIMEOUT_MS = 60_000;

/** One call through a limit. */
export class LimitRun extends Run {
  /** see `Exit.kept` */
  static readonly kept: LimitRun = new LimitRun(UNUSED, UNUSED, UNUSED);
  /** null before it is asked for, and when none is needed */
  private permit: Permit | null = null;
  private waitMs = LIMIT_TIMEOUT_MS;
  constructor(
    asker: Asker,
    fn: (signal: AbortSignal) => unknown,
    private readonly limiter: Limiter,
  ) {
    super(asker, fn);
  }

  read(verb: string, given: LimitRunOptions | undefined): AbortSignal | undefined {
    if (given === undefined) return undefined;
    checkKeys(verb, given, ['signal', 'timeoutMs']);
    this.waitMs = timeoutMs(`${verb}.timeoutMs`, given.timeoutMs, LIMIT_TIMEOUT_MS);
    return checkSignal(verb, given.signal);
  }

  protected enter(owner: Process | null): Promise<void> | null {
    const permit = this.limiter.enter(owner, this.signal, this.waitMs);
    this.permit = permit;
    return permit === null || permit.granted ? null : permit.ready();
  }

  protected override begin(): void {
    const { limiter, permit } = this;
    try {
      limiter.call(permit);
    } catch (error) {
      limiter.leave(permit, true);
      throw error;
    }
  }

  protected ended(): void {
    this.limiter.leave(this.permit, false);
  }

  protected failed(error: unknown): void {
    const { limiter, permit } = this;
    if (permit === null || permit.granted) limiter.learn(error);
    limiter.leave(permit, isA(error, BreakerOpenError)); // a breaker inside has not made the call
  }
}
