import { delayMs, handled, OptionError } from '../../../base/index.js';
import { handled as messageHandled, taken } from '../../../mailbox/index.js';
import { Kind } from '../../../mailbox/message/index.js';
import { hibernate } from '../../../process/kernel/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Kept } from '../../../process/record/index.js';
import { keepUrgent } from '../../../process/send/index.js';
import type { KeptList } from '../../../process/send/index.js';
import { isSuspended, takeDown } from '../../../process/signal/index.js';
import type { Down } from '../../../api/messages.js';
import type { SysCallbacks, SysLink } from '../../../api/sys.js';
import { checkKeys, checkSignal } from '../options.js';
import { joinSys } from '../sys/special.js';
import { ProcessVerbsImpl } from '../process-verbs.js';
import { fits, Receiver, type Match } from './receiver.js';
import { ProcessRefImpl } from './ref.js';

interface ReceiveOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NONE: unique symbol = Symbol('none');

/** Messages of a batch unless told otherwise. */
const BATCH = 100;

/** The self of a process with a body: the verbs, and selective receive (RE-01 to RE-08). */
export class BodySelf extends ProcessVerbsImpl {
  receiver: Receiver | null = null;
  private collecting = false;
  /** wakes a hibernating body */
  wake: (() => void) | null = null;
  get ref(): ProcessRefImpl {
    return new ProcessRefImpl(this.p, null);
  }

  receive(match?: Match, options: ReceiveOptions = {}): Promise<unknown> {
    checkKeys('receive', options, ['timeoutMs', 'signal']);
    if (match !== undefined && typeof match !== 'function') {
      throw new OptionError('receive.match', match, 'a function from message to boolean');
    }
    return this.wait('receive', match, 0, options);
  }

  receiveBatch(options?: ReceiveOptions & { readonly max?: number | undefined }): Promise<unknown[]>;
  receiveBatch(options: ReceiveOptions & { readonly max?: number } = {}): Promise<unknown> {
    checkKeys('receiveBatch', options, ['max', 'timeoutMs', 'signal']);
    const { max = BATCH } = options;
    if (!Number.isInteger(max) || max < 1) {
      throw new OptionError('receiveBatch.max', max, 'a whole number of messages from 1');
    }
    return this.wait('receiveBatch', undefined, max, options);
  }

  private wait(
    verb: string, match: Match, max: number, { timeoutMs, signal }: ReceiveOptions,
  ): Promise<unknown> {
    if (!this.lives()) return new Promise(() => undefined);
    if (this.receiver !== null) {
      throw new OptionError(
        verb, 'a second receive', 'one receive at a time per process',
        'await the first, or end it by its signal',
      );
    }
    const limit = timeoutMs === undefined ? -1 : delayMs(`${verb}.timeoutMs`, timeoutMs);
    if (checkSignal(
      verb, signal,
    )?.aborted === true) return this.told(handled(Promise.reject<never>(signal?.reason)));
    const stopped = isSuspended(this.p);
    if (stopped) this.p.rare().onResume = () => this.served();
    let got: unknown = NONE;
    try {
      if (!stopped) got = this.look(match, max, true);
    } catch (error) {
      return this.told(handled(Promise.reject<never>(error)));
    }
    if (got !== NONE) return this.told(Promise.resolve(got));
    if (signal?.aborted === true) return this.told(handled(Promise.reject<never>(signal.reason))); // by `match`
    return handled(new Promise((resolve, reject) => {
      // 0 as well: what is queued now is ahead in the run queue, so the whole queue is looked
      // through first (RE-02)
      this.receiver = new Receiver(this, match, max, limit, signal, resolve, reject);
      this.p.kernel.rested();
    }));
  }

  private told<T>(answer: Promise<T>): Promise<T> {
    return this.p.kernel.scheduler.paced(answer);
  }

  /**
   * Takes what was passed over before: the oldest that fits, or as many as a batch has (`NONE` when
   * more are on their way to it).
   */
  private look(match: Match, max: number, early: boolean): unknown {
    const { p } = this;
    if (p.mailbox.held) return NONE;
    keepUrgent(p);
    const list = p.ext?.kept as KeptList | null | undefined;
    if (list === null || list === undefined) return NONE;
    if (max > 0 && early && list.size < max && p.mailbox.busy()) return NONE;
    const batch: unknown[] = [];
    for (let left = Math.max(1, max); left > 0; left--) {
      const kept = list.take((one) => fits(match, one));
      if (kept === undefined) break;
      batch.push(this.received(kept));
    }
    return batch.length === 0 ? NONE : max === 0 ? batch[0] : batch;
  }

  joinSys(callbacks: SysCallbacks): SysLink {
    this.need('joinSys');
    return joinSys(this.p, callbacks, () => this.asked());
  }

  /** A system message was handled. */
  private asked(): void {
    this.receiver?.arm();
    this.served();
  }

  /** After a suspension: what was passed over before may now be received. */
  private served(): void {
    const { receiver } = this;
    if (receiver === null || this.p.mailbox.held) return;
    if (isSuspended(this.p)) {
      this.p.rare().onResume = () => this.served();
      return;
    }
    try {
      const got = this.look(receiver.match, receiver.max, false);
      if (got !== NONE) receiver.resolve(got);
    } catch (error) {
      receiver.aborted(error);
    }
  }

  /**
   * The first message of a batch is there: the batch is complete when those behind it have been
   * taken in. Another receive that waits by then looks once more; a process that has ended
   * meanwhile does not, or it would look for ever.
   */
  collect(receiver: Receiver): void {
    if (this.collecting) return;
    this.collecting = true;
    this.p.kernel.env.microtask(() => {
      this.collecting = false;
      const waits = this.receiver;
      if (waits === null || this.p.phase === Phase.Dead) return;
      if (waits === receiver) this.served();
      else if (waits.max > 0) this.collect(waits);
    });
  }

  hibernate(): Promise<void> {
    if (!this.lives()) return new Promise(() => undefined);
    const { p } = this;
    if (p.mailbox.size > 0 || (p.ext?.kept?.size ?? 0) > 0) return this.told(Promise.resolve());
    hibernate(p);
    return new Promise((resolve) => {
      this.wake = resolve;
      p.kernel.rested();
    });
  }

  /** Only now has a kept message been received. */
  private received(one: Kept): unknown {
    if (one.op.kind === Kind.Down) takeDown(one.payload as Down);
    const { mailbox, kernel } = this.p;
    taken(mailbox, kernel.signals, one.op);
    if (!one.op.signal) messageHandled(mailbox);
    const { watchdog } = kernel;
    if (watchdog !== null) watchdog.taken(this.p, this.p.mailbox.size);
    return one.payload;
  }
}
