import { OptionError, sameOptions } from '../../base/index.js';
import type { Host } from '../../behaviour/gen/index.js';
import { type DeadLetterRow, durabilityOf, type ItemLetter, type Requeue } from '../../delivery/durable/index.js';
import { Rank } from '../../mailbox/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { DeadLetters } from '../../router/dead-letter/index.js';
import type { QueueOptions, QueueStats } from '../../api/bus/queue.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import { checkBusName, unknownName } from '../core/index.js';
import { TurnClock } from './clock.js';
import type { Item } from './item.js';
import { DurableQueue } from './durable/index.js';
import { type ReadQueue, readQueue } from './options.js';
import type { QueuePorts } from './ports.js';
import { pushedAgain, PushRedelivery } from './redelivery.js';
import { WorkQueue } from './work-queue.js';

/** The queues of one system, by name. */
export class Queues implements QueuePorts, Requeue {
  readonly kernel: Kernel;
  readonly clock: TurnClock;
  private readonly letters: DeadLetters;
  private readonly table = new Map<string, WorkQueue>();
  constructor(
    host: Host,
    /** an unknown name needs options */
    private readonly strict: boolean = false,
  ) {
    this.kernel = host.kernel;
    this.letters = host.router.deadLetters;
    this.clock = new TurnClock(host.kernel);
    host.kernel.stopHooks.add(() => {
      for (const queue of this.table.values()) queue.end();
    });
  }

  /** @param kept whether it is remembered; not for a process that has ended, which fixes nobody's options (P16) */
  open(name: string, given: QueueOptions | undefined, kept: boolean): WorkQueue {
    const known = this.table.get(checkBusName('queue', name));
    if (known !== undefined) {
      if (given !== undefined) sameOptions('queue', name, known.options, readQueue(name, given));
      return known;
    }
    if (given === undefined && this.strict) throw unknownName('queue', name, this.table.keys());
    const made = this.make(readQueue(name, given === undefined ? {} : given), kept);
    if (this.kernel.closed) made.end();
    if (kept) this.table.set(name, made);
    return made;
  }

  private make(options: ReadQueue, kept: boolean): WorkQueue {
    if (!options.durable) return new WorkQueue(options, this);
    const durability = durabilityOf(this.kernel);
    if (durability === null) {
      throw new OptionError(
        'queue.durable', true, 'a system with a store', 'createSystem({ store: sqlite(path) })', 'NO_STORE',
      );
    }
    durability.queues = this;
    // What nobody can take from is not read.
    return kept && !this.kernel.closed ? new DurableQueue(options, this, durability) : new WorkQueue(options, this);
  }

  /** Figures of all queues, in the order of their making. */
  stats(): QueueStats[] {
    return [...this.table.values()].map((queue) => queue.stats());
  }

  /* ---- for the queues ---- */

  bury(queue: WorkQueue, item: Item, reason: unknown): void {
    const { name } = queue.options;
    this.letters.add(
      new PushRedelivery(queue.op, name, item, () => this.table.get(name)), item.payload, reason,
    );
  }

  /** One that died in an earlier life. */
  again(
    name: string, payload: unknown, { lane, key }: DeadLetterRow, letter: DeadLetter, row: ItemLetter,
  ): RetryRefusal | null {
    const of = { op: null, lane: lane ?? Rank.Normal, key, sender: null };
    return pushedAgain(this.table.get(name), payload, of, letter, row);
  }

  forget(queue: WorkQueue): void {
    const { name } = queue.options;
    if (this.table.get(name) === queue) this.table.delete(name);
  }
}
