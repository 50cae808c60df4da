import { delayMs } from '../../base/index.js';
import { fenced } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { provenanceOf, type Told } from './pending/provenance.js';
import type { DeliveryContext, MessageProvenance } from '../../api/delivery.js';

/** The message that is handled. */
interface Handled extends Told {
  readonly callee: Process;
  readonly key: string | null;
  readonly running: boolean;
  readonly attempts: number;
  /** all starts */
  readonly starts: number;
  reply(value: unknown): boolean;
  nacked(delayMs: number): void;
  restartLimit(): void;
  terminated(reason: unknown): void;
}

/** What a handler may say about the delivery that it handles. Of one attempt: later ones have their own. */
export class Context implements DeliveryContext {
  readonly #message: Handled;
  readonly #start: number;
  readonly #agent: Process;
  readonly key: string | undefined;
  readonly attempt: number;

  /** @internal Use `self.delivery`. */
  constructor(message: Handled) {
    this.#message = message;
    this.#start = message.starts;
    this.#agent = message.callee;
    this.key = message.key ?? undefined;
    this.attempt = message.attempts;
  }

  get redelivered(): boolean {
    return this.attempt > 1;
  }

  /** @internal Use `self.message`. */
  get provenance(): MessageProvenance {
    return provenanceOf(this.#message);
  }

  ack(reply?: unknown): boolean {
    return this.#current && this.#message.reply(reply);
  }

  nack(delay?: number): boolean {
    const ms = delay === undefined ? -1 : delayMs('nack.delayMs', delay);
    if (!this.#current) return false;
    this.#message.nacked(ms);
    return true;
  }

  inProgress(): boolean {
    if (!this.#current) return false;
    this.#message.restartLimit();
    return true;
  }

  terminate(reason: unknown = 'terminated'): boolean {
    if (!this.#current) return false;
    this.#message.terminated(reason);
    return true;
  }

  /** @internal A later attempt has begun. */
  get superseded(): boolean {
    return this.#message.starts !== this.#start;
  }

  get #current(): boolean {
    return !fenced(this.#agent) && this.#message.running && !this.superseded;
  }
}
