import { timeoutMs, UNUSED } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { checkKeys, checkSignal } from '../../behaviour/gen/index.js';
import { fenced } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import type { LimitPermit, LimitRunOptions } from '../../api/guards.js';
import { BreakerOpenError } from './breaker-error.js';
import type { Limiter, Permit } from './limit.js';
import { Run, type Asker, type Guarded } from './run.js';

const LIMIT_TIMEOUT_MS = 60_000;

/** One call through a limit. */
export class LimitRun extends Run {
  /** see `Exit.kept` */
  static readonly kept: LimitRun = new LimitRun(UNUSED, UNUSED, UNUSED);
  /** null before it is asked for, and when none is needed */
  private own: Permit | null = null;
  private weight = 1;
  private waitMs = LIMIT_TIMEOUT_MS;
  constructor(
    asker: Asker,
    fn: Guarded,
    private readonly limiter: Limiter,
  ) {
    super(asker, fn);
  }

  read(verb: string, given: LimitRunOptions | undefined): AbortSignal | undefined {
    if (given === undefined) return undefined;
    checkKeys(verb, given, ['signal', 'timeoutMs', 'weight']);
    if (given.weight !== undefined) this.weight = this.limiter.readWeight(`${verb}.weight`, given.weight);
    this.waitMs = timeoutMs(`${verb}.timeoutMs`, given.timeoutMs, LIMIT_TIMEOUT_MS);
    return checkSignal(verb, given.signal);
  }

  protected enter(owner: Process | null): Promise<void> | null {
    const permit = this.limiter.enter(owner, this.signal, this.waitMs, this.weight);
    this.own = permit;
    return permit === null || permit.granted ? null : permit.ready();
  }

  protected override begin(): void {
    const { limiter, own: permit } = this;
    try {
      limiter.call(permit);
      if (limiter.weighs || this.fn.length > 1) this.permit = new PermitImpl(limiter, permit);
    } catch (error) {
      limiter.leave(permit, true);
      throw error;
    }
  }

  protected ended(): void {
    this.limiter.leave(this.own, false);
  }

  protected failed(error: unknown): void {
    const { limiter, own: permit } = this;
    if (permit === null || permit.granted) limiter.learn(error);
    limiter.leave(permit, isA(error, BreakerOpenError)); // a breaker inside has not made the call
  }
}

/** What the function is given beside its signal. */
class PermitImpl implements LimitPermit {
  readonly #limiter: Limiter;
  readonly #permit: Permit | null;
  constructor(limiter: Limiter, permit: Permit | null) {
    this.#limiter = limiter;
    this.#permit = permit;
  }

  get weight(): number {
    return this.#permit?.weight ?? 1;
  }

  weigh(weight: number): void {
    const read = this.#limiter.checkWeight('permit.weigh', weight);
    const permit = this.#permit;
    if (permit !== null && !fenced(permit.owner)) this.#limiter.weigh(permit, read);
  }
}
