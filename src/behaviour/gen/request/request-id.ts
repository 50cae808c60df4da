import { printable } from '../../../base/text/index.js';
import { DOWN } from '../../../mailbox/message/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { pushSignal } from '../../../process/send/index.js';
import { Withdrawable } from '../../../process/signal/index.js';
import type { SentRequest } from '../../../router/request/index.js';
import type { Pid } from '../../../api/address.js';
import type { RequestId, Response } from '../../../api/requests.js';

/**
 * The response to a request of `self.requests.send`, as `info` or `receive` gets it when no verb
 * waits for it. A verb that takes it first withdraws it.
 *
 * @example
 * const Echo = defineAgent({ calls: { say: (self, text: string) => text } });
 * const echo = system.start(Echo);
 * const got: unknown[] = [];
 * const asker = system.spawn(async (self) => {
 *   const request = self.requests.send(echo, 'say', 'hello');
 *   const message = await self.receive((one) => one instanceof RequestAnswer);
 *   got.push(self.requests.check(message, request));
 * });
 * await system.monitor(asker).down;
 * got // => [{ ok: true, value: 'hello' }]
 * @since 0.2.0
 */
export class RequestAnswer extends Withdrawable {
  readonly tag = 'RESPONSE' as const;
  /** @internal taken or withdrawn */
  over = false;
  constructor(
    /** @internal */
    readonly request: RequestIdImpl,
    readonly response: Response<unknown>,
  ) {
    super();
  }

  toJSON(): { readonly tag: 'RESPONSE'; readonly op: string; readonly ok: boolean } {
    return { tag: this.tag, op: this.request.op, ok: this.response.ok };
  }

  override toString(): string {
    return `RequestAnswer(${this.request.op}: ${this.response.ok ? 'ok' : printable(this.response.error)})`;
  }
}

/** Who waits for a response in place of the owner's mailbox. */
export interface ResponseListener {
  answered(request: RequestIdImpl): void;
}

/** The run-time side of RequestId: what is known of the response. */
export class RequestIdImpl implements RequestId<unknown> {
  slot: SentRequest | null = null;
  listener: ResponseListener | null = null;
  private response: Response<unknown> | null = null;
  private answer: RequestAnswer | null = null;
  private abandoned = false;
  constructor(
    readonly p: Process,
    readonly op: string,
  ) {}

  get owner(): Pid {
    return this.p.pid;
  }

  readonly value = (value: unknown): void => this.settle({ ok: true, value });
  readonly failed = (error: unknown): void => this.settle({ ok: false, error });

  private settle(response: Response<unknown>): void {
    if (this.abandoned || this.p.phase === Phase.Dead) return;
    this.response = response;
    const { listener } = this;
    if (listener !== null) {
      listener.answered(this);
      return;
    }
    this.answer = new RequestAnswer(this, response);
    pushSignal(this.p, DOWN, this.answer, this.slot?.callee ?? null);
  }

  /** a response is there that nobody has taken */
  get ready(): boolean {
    return this.response !== null && (this.answer === null || !this.answer.over);
  }

  /** The response, taken: it is told once. Null while there is none, and ever after. */
  take(): Response<unknown> | null {
    const { response, answer } = this;
    if (answer !== null && answer.over) return null;
    if (answer !== null) answer.over = true;
    this.response = null;
    return response;
  }

  /** The same of a message that has come out of the queue. */
  taken(message: unknown): Response<unknown> | null {
    if (!(message instanceof RequestAnswer) || message.request !== this || message !== this.answer) return null;
    this.answer = null;
    this.response = null;
    return message.response;
  }

  listen(listener: ResponseListener | null): void {
    this.listener = listener;
    if (this.slot !== null) this.slot.waitedFor = listener !== null;
  }

  /** Nobody wants the response any more (RQ-03). */
  abandon(): void {
    this.abandoned = true;
    this.listener = null;
    if (this.slot !== null) this.slot.abort('abandoned');
    if (this.answer !== null) this.answer.over = true;
    this.response = null;
  }
}
