import type { From, SelfRef } from '../../api/agent.js';
import type { DeliveryContext, MessageProvenance } from '../../api/delivery.js';
import { type Control, Ignore, type NoReply, Refusal } from '../../api/returns.js';
import { hibernate } from '../../process/kernel/index.js';
import type { Process } from '../../process/record/index.js';
import { Cell } from '../../router/names/index.js';
import { Request } from '../../router/request/index.js';
import { NO_REPLY } from './control.js';
import type { Ending } from './ending.js';
import { StreamSlot } from './request/stream.js';
import { checkReturned, noteMade } from './unreturned.js';
import { newController, ProcessVerbsImpl } from './process-verbs.js';

/** Bits of `flags`: what an engine must look at around a handler. */
export const Flag = { Idle: 1, Stop: 2, Deferred: 4, Controller: 8, Made: 16, Turn: 32 } as const;

/** The verbs of every process that answers calls: agents and state machines. */
export class ServerSelf extends ProcessVerbsImpl {
  flags = 0;
  private own: SelfRef | null = null;

  /** How it ends: asked for by `stop`, and while its terminate runs. */
  get ending(): Ending | null {
    return (this.p.ext?.ending ?? null) as Ending | null;
  }

  set ending(ending: Ending | null) {
    this.p.cold().ending = ending;
  }

  /** The agent that this self acts for: a concurrent handler's parent, else the process itself. */
  protected get agent(): Process {
    return this.p;
  }

  get ref(): SelfRef {
    if (this.own !== null) return this.own;
    const { agent } = this;
    this.own = this.host.refTo(agent, (agent.behaviour as { definition?: unknown }).definition) as SelfRef;
    return this.own;
  }

  get address(): string | undefined {
    const { name, behaviour } = this.agent;
    if (!(name instanceof Cell) || name.activator === null) return undefined;
    return name.activator.definition === (behaviour as { definition?: unknown }).definition ? name.name : undefined;
  }

  get from(): From | undefined {
    const { from } = this.p;
    return from instanceof Request ? from : undefined;
  }

  get delivery(): DeliveryContext | undefined {
    const { from } = this.p;
    return from instanceof Request ? (from.context as DeliveryContext | undefined) : undefined;
  }

  get message(): MessageProvenance | undefined {
    return (this.delivery as { readonly provenance?: MessageProvenance } | undefined)?.provenance;
  }

  steer(): readonly never[] {
    const { from } = this.p;
    return (from instanceof Request && this.lives() ? from.steered() : []) as readonly never[];
  }

  get remainingMs(): number | undefined {
    const { from } = this.p;
    return from instanceof Request ? from.remainingMs : undefined;
  }

  /** During a call or stream: fires also when its caller has died, aborted, timed out or left. */
  override get signal(): AbortSignal {
    const { from } = this.p;
    if (from instanceof StreamSlot) return this.signalOf(from);
    if (!(from instanceof Request)) return super.signal;
    const extra = from.cold();
    extra.stand();
    if (extra.controller === null) {
      extra.controller = newController(this.p);
      if (extra.cancelled) extra.controller.abort(extra.abortReason);
      const ext = this.p.cold();
      (ext.controllers ??= new Set()).add(extra.controller);
      this.flags |= Flag.Controller;
    }
    return extra.controller.signal;
  }

  private signalOf(stream: StreamSlot): AbortSignal {
    if (stream.controller === null) {
      stream.controller = newController(this.p);
      if (stream.left !== null) stream.controller.abort(stream.left.reason);
      (this.p.cold().controllers ??= new Set()).add(stream.controller);
    }
    return stream.controller.signal;
  }

  refuse(code: string, details?: unknown): Refusal {
    return this.made('refuse', new Refusal(String(code), details));
  }

  /**
   * In development a control value that the handler does not return is told; what a stream yields
   * and returns is its own affair.
   */
  protected made<C extends Control>(verb: string, control: C): C {
    const { p } = this;
    if (p.kernel.development && !(p.from instanceof StreamSlot) && this.lives()
      && noteMade(p, this, verb, control)) {
      this.flags |= Flag.Made;
    }
    return control;
  }

  /** Development: a handler has returned `result`; tells of a control value that it made and left. */
  returned(where: string, result: unknown): void {
    this.flags &= ~Flag.Made;
    checkReturned(this.agent, this, where, result);
  }

  ignore(): Ignore {
    return this.made('ignore', new Ignore());
  }

  noreply(): NoReply {
    const { from } = this.p;
    if (from instanceof Request && this.lives()) {
      this.flags |= Flag.Deferred;
      if (from.settled) return NO_REPLY;
      const ext = from.callee.cold();
      (ext.deferred ??= new Set()).add(from);
    }
    return NO_REPLY;
  }

  reply(from: From, value: unknown): boolean {
    return from instanceof Request && this.lives() && from.reply(value);
  }

  hibernate(): void {
    if (this.lives()) hibernate(this.p);
  }
}

/** Drops the abort controller of a call that has been handled, unless its reply is still to come. */
export function dropController(p: Process, self: ServerSelf, call: Request | null): void {
  self.flags &= ~Flag.Controller;
  const controller = call?.extra?.controller;
  if (controller !== null && controller !== undefined
    && ((self.flags & Flag.Deferred) === 0 || (call?.settled ?? true))) {
    p.cold().controllers?.delete(controller);
  }
}
