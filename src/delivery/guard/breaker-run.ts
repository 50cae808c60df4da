import { UNUSED } from '../../base/index.js';
import { checkKeys, checkSignal } from '../../behaviour/gen/index.js';
import type { Process } from '../../process/record/index.js';
import type { BreakerRunOptions } from '../../api/guards.js';
import type { Circuit, Passage } from './breaker.js';
import { Run, type Asker, type Guarded } from './run.js';

/** One call through a breaker. */
export class BreakerRun extends Run {
  /** see `Exit.kept` */
  static readonly kept: BreakerRun = new BreakerRun(UNUSED, UNUSED, UNUSED);
  private passage: Passage | null = null;
  constructor(
    asker: Asker,
    fn: Guarded,
    private readonly circuit: Circuit,
  ) {
    super(asker, fn);
  }

  read(verb: string, given: BreakerRunOptions | undefined): AbortSignal | undefined {
    if (given === undefined) return undefined;
    checkKeys(verb, given, ['signal']);
    return checkSignal(verb, given.signal);
  }

  protected enter(owner: Process | null): null {
    this.passage = this.circuit.enter(owner);
    return null;
  }

  override item(): void {
    this.circuit.renew(this.passage as Passage);
  }

  override left(): void {
    if (this.passage !== null) this.circuit.settle(this.passage, 'ignored');
  }

  protected ended(): void {
    this.circuit.settle(this.passage as Passage, 'success');
  }

  protected failed(error: unknown): void {
    const { circuit } = this;
    const passage = this.passage as Passage;
    if (!passage.over) circuit.settle(passage, circuit.verdict(error, this.told));
  }
}
