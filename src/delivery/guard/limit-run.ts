import { isA, timeoutMs } from '../../base/index.js';
import { checkKeys, checkSignal, type LimitRunOptions } from '../../behaviour/index.js';
import type { Process } from '../../process/index.js';
import { BreakerOpenError } from './breaker-error.js';
import type { Gate, Turn } from './limit.js';
import { Run, type Asker } from './run.js';

const LIMIT_TIMEOUT_MS = 60_000;

/** One call through a limit. */
export class LimitRun extends Run {
  /** see `Exit.kept` */
  static readonly kept: LimitRun = new LimitRun(null as never, null as never, null as never);
  private turn!: Turn;
  private waitMs = LIMIT_TIMEOUT_MS;
  constructor(
    asker: Asker,
    fn: (signal: AbortSignal) => unknown,
    private readonly gate: Gate,
  ) {
    super(asker, fn);
  }

  protected read(given: LimitRunOptions | undefined): AbortSignal | undefined {
    if (given === undefined) return undefined;
    checkKeys('limit.run', given, ['signal', 'timeoutMs']);
    this.waitMs = timeoutMs('limit.run.timeoutMs', given.timeoutMs, LIMIT_TIMEOUT_MS);
    return checkSignal('limit.run', given.signal);
  }

  protected enter(owner: Process | null): Promise<void> | null {
    const turn = this.gate.enter(owner, this.signal, this.waitMs);
    this.turn = turn;
    return turn.granted ? null : turn.ready();
  }

  protected override begin(): void {
    const { gate, turn } = this;
    try {
      gate.call(turn);
    } catch (error) {
      gate.leave(turn, true);
      throw error;
    }
  }

  protected ended(): void {
    this.gate.leave(this.turn, false);
  }

  protected failed(error: unknown): void {
    const { gate, turn } = this;
    if (turn.granted) gate.learn(error);
    gate.leave(turn, isA(error, BreakerOpenError)); // a breaker inside has not made the call
  }
}
