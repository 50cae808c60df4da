import { handled } from '../../base/index.js';
import { fieldOf, shownAs } from '../../base/text/index.js';
import { rejectedWith } from '../../behaviour/gen/index.js';
import { fenced } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import type { PullTerms } from './options.js';
import type { Pull } from './pull.js';
import type { WorkQueue } from './work-queue.js';

type Result = IteratorResult<unknown, undefined>;
const END: Promise<Result> = Promise.resolve({ done: true, value: undefined });

/** One pull after the other, until the queue is closed and empty, or the loop is left. */
export class Loop implements AsyncIterableIterator<unknown> {
  private readonly pulls = new Set<Pull>();
  private left = false;
  constructor(
    private readonly queue: WorkQueue,
    private readonly owner: Process | null,
    private readonly terms: PullTerms,
    private readonly verb: string,
  ) {}

  get shown(): string {
    return `Loop(${this.queue.title}${this.left ? ', left' : ''})`;
  }

  next(): Promise<Result> {
    const { queue, owner, terms: { signal }, verb } = this;
    const { kernel } = queue;
    if (this.left) return kernel.scheduler.paced(END);
    if (fenced(owner)) {
      return rejectedWith(kernel, queue.failed('ZOMBIE', verb, `the process ${(owner as Process).pid} has ended`));
    }
    if (signal !== null && signal.aborted) return rejectedWith(kernel, signal.reason);
    const now = queue.takeNow(owner);
    if (now !== undefined) return kernel.scheduler.paced(Promise.resolve(queue.result(now.value)));
    return queue.isOver ? this.end() : kernel.answer(this.wait());
  }

  return(): Promise<Result> {
    this.left = true;
    for (const pull of this.pulls) pull.done();
    return this.queue.kernel.scheduler.paced(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Closed and empty is the end; a stopped system is not. */
  private end(): Promise<Result> {
    const { kernel } = this.queue;
    const error = this.queue.refusal(this.verb);
    this.left = true;
    return fieldOf(error, 'code') === 'QUEUE_CLOSED' ? kernel.scheduler.paced(END) : rejectedWith(kernel, error);
  }

  private wait(): Promise<Result> {
    const pull = this.queue.pull(this.owner, this.terms, this.verb, true);
    this.pulls.add(pull);
    const over = (): void => void this.pulls.delete(pull);
    const came = pull.promise as Promise<Result>;
    came.then(over, over);
    return handled(came);
  }
}

shownAs(Loop, (it) => it.shown);
