import { Deadline } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import type { Holding, Process } from '../../process/record/index.js';
import type { Cell } from '../../router/names/index.js';
import type { Unstarted } from './ref.js';

/** Who waits until one start is over: told what came of it then, whatever becomes of its agent. */
type StartWaits = ((failure: Unstarted | null) => void)[];

/** What a resident tells its definition's activation. */
export interface Home {
  ended(resident: Resident, p: Process, reason: ExitReason): void;
  due(resident: Resident): void;
}

/**
 * What is known of one address while somebody lives there, is started, or a start has failed a
 * moment ago; nothing is kept of others. As a deadline it is the next try to start it.
 */
export class Resident extends Deadline implements Holding {
  p: Process | null = null;
  /** its init is over */
  running = false;
  /** its state is being saved, before it may leave */
  saving = false;
  /** since when, monotonic ms */
  since = 0;
  /** failures in a row: the exponent of its back-off */
  failures = 0;
  /** failed starts while deliveries waited */
  tries = 0;
  reason: unknown = undefined;
  /** no start before, monotonic ms */
  notBefore = 0;
  /** user messages that it had had when it was looked at last, and at which sweep that number was new */
  seen = -1;
  active = 0;
  /** it was asked to end, and its terminate runs: the next one starts behind it */
  leaving: Promise<void> | null = null;
  /** who waits until the start that is under way is over; null while none is */
  starting: StartWaits | null = null;
  constructor(
    private readonly home: Home,
    readonly cell: Cell,
  ) {
    super();
  }

  /** The exit hook: its name is free, what it had queued has not been given back yet. */
  release(p: Process, reason: ExitReason): void {
    this.home.ended(this, p, reason);
  }

  /** That start is over; the next one may be under way already. */
  begun(told: StartWaits, failure: Unstarted | null): void {
    if (this.starting === told) this.starting = null;
    for (const resolve of told) resolve(failure);
  }

  expire(): void {
    this.home.due(this);
  }
}
