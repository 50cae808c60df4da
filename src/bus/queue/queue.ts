import { handled, OptionError } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { rejectedWith } from '../../behaviour/gen/index.js';
import { fenced } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { wantsFeedback } from '../../router/dead-letter/index.js';
import type {
  ConsumeOptions, Lease, LoopOptions, PullOptions, PushOptions, PushOutcome, Queue, QueueConsumer, QueueStats,
} from '../../api/bus/queue.js';
import type { AgentRef, Sends } from '../../api/agent.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { Consumer } from './consumer.js';
import { Loop } from './loop.js';
import { PLAIN_PULL, PLAIN_PUSH, readLoop, readPull, readPush } from './options.js';
import type { WorkQueue } from './work-queue.js';

/** A queue as one process has it, or the outside. */
export class QueueImpl<T = unknown> implements Queue<T> {
  readonly #queue: WorkQueue;
  readonly #owner: Process | null;
  readonly #kernel: Kernel;
  constructor(queue: WorkQueue, owner: Process | null) {
    this.#queue = queue;
    this.#owner = owner;
    this.#kernel = queue.kernel;
  }

  get name(): string {
    return this.#queue.options.name;
  }

  get size(): number {
    return this.#queue.items.waiting;
  }

  push(item: T, options?: PushOptions): Promise<PushOutcome> {
    const queue = this.#queue;
    const owner = this.#owner;
    try {
      const terms = options === undefined ? PLAIN_PUSH : readPush(queue.options, options);
      if (fenced(owner)) throw queue.failed('ZOMBIE', 'push', `the process ${(owner as Process).pid} has ended`);
      if (terms.signal !== null && terms.signal.aborted) return rejectedWith(this.#kernel, terms.signal.reason);
      return queue.send(owner, queue.checked(item), terms, wantsFeedback(owner) ? owner : null);
    } catch (error) {
      return rejectedWith(this.#kernel, error);
    }
  }

  pull(options?: PullOptions): Promise<T> {
    return this.#take('pull', false, options) as Promise<T>;
  }

  lease(options?: PullOptions): Promise<Lease<T>> {
    return this.#take('lease', true, options) as Promise<Lease<T>>;
  }

  items(options?: LoopOptions): AsyncIterableIterator<T> {
    return this.#loop('items', false, options) as AsyncIterableIterator<T>;
  }

  leases(options?: LoopOptions): AsyncIterableIterator<Lease<T>> {
    return this.#loop('leases', true, options) as AsyncIterableIterator<Lease<T>>;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.items();
  }

  consume<D extends AnyDefinition>(ref: AgentRef<D> | Sends<D>, options: ConsumeOptions<D, T>): QueueConsumer {
    return Consumer.start(this.#queue, this.#owner, ref, options);
  }

  stats(): QueueStats {
    return this.#queue.stats();
  }

  close(): void {
    if (!fenced(this.#owner)) this.#queue.close();
  }

  #take(verb: string, lease: boolean, options: PullOptions | undefined): Promise<unknown> {
    const queue = this.#queue;
    const owner = this.#owner;
    const kernel = this.#kernel;
    try {
      const terms = options === undefined ? PLAIN_PULL : readPull(`queue.${verb}`, options);
      if (lease !== queue.leases) throw this.#otherWay(verb);
      if (fenced(owner)) throw queue.failed('ZOMBIE', verb, `the process ${(owner as Process).pid} has ended`);
      if (terms.signal !== null && terms.signal.aborted) return rejectedWith(kernel, terms.signal.reason);
      const now = queue.takeNow(owner);
      if (now !== undefined) return kernel.scheduler.paced(Promise.resolve(now.value));
      if (queue.isOver) throw queue.refusal(verb);
      return kernel.answer(handled(queue.pull(owner, terms, verb, false).promise));
    } catch (error) {
      return rejectedWith(kernel, error);
    }
  }

  #loop(verb: string, lease: boolean, options: LoopOptions | undefined): Loop {
    const terms = options === undefined ? PLAIN_PULL : readLoop(`queue.${verb}`, options);
    if (lease !== this.#queue.leases) throw this.#otherWay(verb);
    return new Loop(this.#queue, this.#owner, terms, verb);
  }

  /** Whether what is taken is done is said by the queue, once, and by the verb: no item is lost by accident. */
  #otherWay(verb: string): OptionError {
    return this.#queue.leases
      ? new OptionError(
        `queue.${verb}`, this.name, 'a queue without leaseMs', 'this one hands out leases: use lease, or leases',
        'BAD_COMBINATION',
      )
      : new OptionError(
        `queue.${verb}`, this.name, 'a queue with leaseMs',
        'give leaseMs at the first use of the name, or use pull, or items', 'BAD_COMBINATION',
      );
  }
}

shownAs(QueueImpl, (it) => {
  const { ready, delayed, leased } = it.stats();
  return `Queue(${it.name}: ${ready} ready, ${delayed} delayed, ${leased} leased)`;
});
