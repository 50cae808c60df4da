import { callError, Deadline } from '../../base/index.js';
import type { Kernel } from '../../process/record/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { MessageAnswer, MessageEvent, MessageStream } from '../../api/activation/message.js';
import type { DeliveryOutcome, Receipt } from '../../api/delivery.js';
import type { ChunkReader } from '../../delivery/guarantee/index.js';

/** The limit of one wait for an answer: it begins with the call. */
export class Patience extends Deadline {
  over = false;
  private resolve: (() => void) | null = null;
  private readonly passed = new Promise<'enqueued'>((resolve) => {
    this.resolve = () => { resolve('enqueued'); };
  });
  constructor(
    private readonly kernel: Kernel,
    private readonly ms: number,
  ) {
    super();
    kernel.deadlines.add(this, ms);
  }

  expire(): void {
    this.over = true;
    this.resolve?.();
  }

  /** Errors: a CallError `TIMEOUT` when it comes first. */
  async before<T>(promise: Promise<T>, target: string, op: string): Promise<T> {
    const first = await Promise.race([promise.then((value) => ({ value })), this.passed]);
    if (first !== 'enqueued') return first.value;
    throw callError('TIMEOUT', { target, op, verb: 'deliver', timeoutMs: this.ms });
  }

  /** The same as an answer of a message that was accepted. */
  get late(): Promise<'enqueued'> {
    return this.passed;
  }

  end(): void {
    this.kernel.deadlines.remove(this);
  }
}

/** Takes a message back whose signal fires before it is accepted. */
export class Early {
  taken = false;
  private receipt: Receipt | null = null;
  private readonly watched: ReturnType<typeof watchSignal> | null;
  constructor(private readonly signal: AbortSignal | undefined) {
    this.watched = signal === undefined ? null : watchSignal(signal, { aborted: () => { this.look(); } });
  }

  /** It can be taken back from now on: at once, when its signal has fired meanwhile. */
  made(receipt: Receipt): void {
    this.receipt = receipt;
    this.look();
  }

  /** Also of one that nobody waits for any more: its time is up. */
  follow(accepted: Promise<Receipt>): void {
    if (this.signal !== undefined) accepted.then((receipt) => { this.made(receipt); }, () => undefined);
  }

  end(kernel: Kernel): void {
    if (this.watched !== null) unwatch(this.watched, kernel);
  }

  private look(): void {
    const { receipt, signal } = this;
    if (signal !== undefined && signal.aborted && receipt !== null && receipt.cancel()) this.taken = true;
  }
}

/** What is waited for: the end of a message, or only that it begins. */
export interface Awaited {
  readonly begun: boolean;
  /** null for no limit */
  readonly patience: Patience | null;
  readonly signal: AbortSignal | undefined;
}

/** The answer, by what happened to the message: nothing here decides anything but how long is waited. */
export async function answerOf(kernel: Kernel, receipt: Receipt, wait: Awaited): Promise<MessageAnswer> {
  const { begun, patience, signal } = wait;
  // What is taken back was not begun, and ends as cancelled; what was begun is not taken back.
  const watched = signal === undefined ? null : watchSignal(signal, { aborted: () => void receipt.cancel() });
  const taken = signal?.aborted === true && receipt.cancel();
  try {
    const ends: Promise<DeliveryOutcome | 'started' | 'enqueued'>[] = [receipt.settled];
    if (begun && !taken) ends.push(begins(receipt));
    if (patience !== null) ends.push(patience.late);
    return told(receipt, await Promise.race(ends), begun);
  } finally {
    if (watched !== null) unwatch(watched, kernel);
  }
}

/** Its handler has begun. One that is over tells by its outcome. */
async function begins({ changes }: Receipt): Promise<'started'> {
  for await (const state of changes) if (state === 'delivered') return 'started';
  return new Promise(() => undefined);
}

function told(receipt: Receipt, end: DeliveryOutcome | 'started' | 'enqueued', begun: boolean): MessageAnswer {
  const { id } = receipt;
  if (typeof end === 'string') return { kind: end, id, receipt };
  if (end.kind !== 'handled') return { kind: end.kind, id, receipt, reason: end.reason };
  if (begun) return { kind: 'started', id, receipt };
  return { kind: 'delivered', id, receipt, reply: end.reply, attempts: end.attempts };
}

/** Chunks as they come, then the answer. */
export class StreamImpl implements MessageStream {
  private over = false;
  private ended: MessageAnswer | null = null;
  private error: unknown = undefined;
  private failed = false;
  private last: Promise<unknown> = Promise.resolve();
  constructor(
    private readonly reader: ChunkReader,
    readonly answer: Promise<MessageAnswer>,
  ) {
    const tell = (): void => { reader.tell(); };
    answer.then((it) => { this.ended = it; }, (error: unknown) => { this.failed = true; this.error = error; })
      .then(tell, tell);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Who asks several times at once is answered in turn. */
  next(): Promise<IteratorResult<MessageEvent, undefined>> {
    const step = this.last.then(() => this.step());
    this.last = step.catch(() => undefined);
    return step;
  }

  /** Nothing waits for it to read on. */
  private leave(): void {
    this.over = true;
    this.reader.leave();
  }

  private async step(): Promise<IteratorResult<MessageEvent, undefined>> {
    for (;;) {
      if (this.over) return { done: true, value: undefined };
      const next = this.reader.take();
      if (next !== undefined) return { done: false, value: { kind: 'chunk', ...next } };
      if (this.failed) {
        this.leave();
        throw this.error;
      }
      if (this.ended !== null) {
        this.leave();
        return { done: false, value: this.ended };
      }
      await this.reader.come();
    }
  }

  /** Reads no more; the message goes on. */
  return(): Promise<IteratorResult<MessageEvent, undefined>> {
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }
}
