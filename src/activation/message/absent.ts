import { callError, Deadline } from '../../base/index.js';
import { ended, held, released } from '../../mailbox/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { Router } from '../../router/index.js';
import type { Redelivery } from '../../router/dead-letter/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { DeliverCoalesce } from '../../api/delivery.js';
import type { RetryRefusal } from '../../api/letters.js';
import type { ReadMessage } from './options.js';

const EXPIRES_MS = 300_000;

/** One message that waits until its tag leads somewhere. */
class Waiting extends Deadline {
  private readonly watched: ReturnType<typeof watchSignal> | null;
  constructor(
    readonly tag: string,
    readonly read: ReadMessage,
    public payload: unknown,
    private readonly absent: Absent,
  ) {
    super();
    const { signal } = read;
    this.watched = signal === undefined ? null : watchSignal(signal, this);
  }
  expire(): void {
    this.absent.lapse(this, 'noproc');
  }
  aborted(): void {
    this.absent.drop(this);
  }
  left(kernel: Kernel): void {
    kernel.deadlines.remove(this);
    unwatch(this.watched, kernel);
  }
}

/** Messages for tags that lead nowhere: in memory, until their tag is bound, or they expire. */
export class Absent {
  private readonly byTag = new Map<string, Waiting[]>();
  private places = 0;
  constructor(
    private readonly router: Router,
    private readonly send: (tag: string, read: ReadMessage, payload: unknown) => void,
  ) {
    router.kernel.stopHooks.add(() => {
      for (const all of [...this.byTag.values()]) for (const one of [...all]) this.lapse(one, 'shutdown');
    });
  }

  get tags(): readonly string[] {
    return [...this.byTag.keys()];
  }
  count(tag: string): number {
    return this.byTag.get(tag)?.length ?? 0;
  }

  /** Its id; null when one with its key waits, and is kept. */
  add(tag: string, read: ReadMessage, given: unknown): string | null {
    const { kernel } = this.router;
    if (kernel.closed) {
      throw callError('NOPROC', { target: tag, op: read.op, verb: 'deliver', reason: 'the system has stopped' });
    }
    const id = `${tag}:${++this.places}`;
    const before = this.met(tag, read);
    const asked = read.deliver.coalesce;
    const { keep, merge }: Partial<DeliverCoalesce> = typeof asked === 'object' ? asked : {};
    if (before !== undefined && keep === 'first') {
      ended(kernel.outside, 'superseded');
      return null;
    }
    const payload = before === undefined || merge === undefined ? given : merge(before.payload, given);
    if (before !== undefined) {
      this.take(before);
      ended(kernel.outside, 'superseded');
    }
    const made = new Waiting(tag, read, payload, this);
    const all = this.byTag.get(tag);
    if (all === undefined) this.byTag.set(tag, [made]);
    else all.push(made);
    held(kernel.outside);
    kernel.deadlines.add(made, read.deliver.expiresInMs ?? EXPIRES_MS);
    return id;
  }

  /** The one that waits under the key of a new one. */
  private met(tag: string, { op, deliver: { coalesce } }: ReadMessage): Waiting | undefined {
    if (coalesce === undefined) return undefined;
    const key = keyOf(coalesce);
    return this.byTag.get(tag)?.find(({ read }) =>
      read.op === op && read.deliver.coalesce !== undefined && keyOf(read.deliver.coalesce) === key);
  }

  /** The tag leads somewhere: what waits goes there, in the order of the sends. */
  arrived(tag: string): void {
    for (const one of [...this.byTag.get(tag) ?? []]) {
      this.take(one);
      try {
        this.send(tag, one.read, one.payload);
      } catch (error) {
        this.bury(one, error);
      }
    }
  }

  lapse(one: Waiting, reason: unknown): void {
    this.take(one);
    this.bury(one, reason);
  }

  private take(one: Waiting): void {
    const { kernel } = this.router;
    const all = this.byTag.get(one.tag) ?? [];
    all.splice(all.indexOf(one), 1);
    if (all.length === 0) this.byTag.delete(one.tag);
    one.left(kernel);
    released(kernel.outside);
  }

  /** Its signal has fired. */
  drop(one: Waiting): void {
    this.take(one);
    ended(this.router.kernel.outside, 'dropped');
  }

  private bury({ tag, read, payload }: Waiting, reason: unknown): void {
    const { router } = this;
    ended(router.kernel.outside, 'deadLettered');
    const { guarantee = 'at-least-once', key } = read.deliver;
    const letter: Redelivery = {
      op: new Op(Kind.Cast, read.op, null, null, false), sender: null, past: null,
      facts: {
        verb: 'deliver', to: tag, from: undefined, fromName: undefined, attempts: 0, failures: [], guarantee, key,
      },
      resend: (again): RetryRefusal | null => {
        if (router.kernel.closed) return 'SYSTEM_STOPPED';
        // What its sender did with its signal was about the message that has ended.
        this.add(tag, { ...read, signal: undefined }, again);
        this.arrivedIfBound(tag);
        return null;
      },
    };
    router.deadLetters.add(letter, payload, reason);
  }

  /** set by who knows where tags lead */
  arrivedIfBound: (tag: string) => void = () => undefined;
}

function keyOf(coalesce: string | DeliverCoalesce): string {
  return typeof coalesce === 'string' ? coalesce : coalesce.key;
}
