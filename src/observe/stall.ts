import { OptionError } from '../base/index.js';
import type { EnvThread, TimerHandle } from '../base/index.js';
import { told } from '../base/text/index.js';
import { tell } from '../process/record/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import type { StallEvent } from '../api/inspect.js';
import { STALL_THREAD } from './stall-thread.js';

/** ms between two signs of life of the main thread, and between two looks at them. */
const BEAT_MS = 10;

/** Who was running when the event loop stood still. */
type Suspect = Pick<StallEvent, 'pid' | 'name' | 'behaviour' | 'op'>;

/** What the thread posts when the event loop goes on. */
interface Told {
  readonly who?: Suspect | undefined;
  readonly ms: number;
  readonly stack: readonly string[] | undefined;
}

/**
 * Asked from the other thread, through the inspector, while this one is stopped; several systems
 * and copies share it.
 */
const ASKED = Symbol.for('castcall.stall');
const ASK =
  "[...(globalThis[Symbol.for('castcall.stall')] ?? [])].map((who) => who()).find((one) => one !== undefined)";
type Who = () => Suspect | undefined;

function asked(): Set<Who> {
  const held = globalThis as { [ASKED]?: Set<Who> };
  return (held[ASKED] ??= new Set());
}

/**
 * Tells while it lasts that something holds the event loop (P33): a thread of its own watches a
 * counter that a timer moves on. Nothing is measured per message. Within 50 ms after the limit a
 * line is on standard error; the listener is told when the event loop goes on.
 */
export class StallWatch {
  private readonly cells = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private thread: EnvThread | null = null;
  private timer: TimerHandle | null = null;
  constructor(
    private readonly kernel: Kernel,
    private readonly stallMs: number,
    private readonly tell: (stall: StallEvent) => void,
  ) {}

  start(): void {
    const { kernel, cells, stallMs } = this;
    const data = { cells, stallMs, pollMs: BEAT_MS, ask: ASK };
    this.thread = kernel.env.thread(STALL_THREAD, data, (told) => this.over(told as Told));
    if (this.thread === null) {
      throw new OptionError(
        'watchdog.stallMs', stallMs, 'nothing in a simulation', 'its time is virtual: leave stallMs out there',
      );
    }
    asked().add(this.who);
    this.beat();
  }

  /** Idempotent. */
  stop(): void {
    asked().delete(this.who);
    if (this.timer !== null) this.kernel.env.clear(this.timer);
    this.thread?.stop();
    this.timer = null;
    this.thread = null;
  }

  private readonly beat = (): void => {
    const { env } = this.kernel;
    Atomics.add(this.cells, 0, 1);
    this.timer = env.timer(BEAT_MS, this.beat);
    env.hold(this.timer, false);
  };

  private over({ who, ms, stack }: Told): void {
    if (this.thread === null) return;
    const event: StallEvent =
      { kind: 'stall', pid: who?.pid, name: who?.name, behaviour: who?.behaviour, op: who?.op, ms, stack };
    tell(this.kernel, 'the listener of the watchdog failed', () => this.tell(told('WatchdogEvent', event)));
  }

  /** The process that runs now, or, in development, the one whose continuation does. */
  private readonly who: Who = () => {
    const { kernel } = this;
    const p = kernel.current ?? (kernel.context?.owner() as Process | undefined);
    if (p === undefined || p.kernel !== kernel) return undefined;
    return { pid: p.pid, name: p.name?.name, behaviour: p.behaviour.name, op: p.op?.name };
  };
}
