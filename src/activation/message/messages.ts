import { callError, handled, OptionError } from '../../base/index.js';
import { AgentRefImpl, RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { Host } from '../../behaviour/gen/index.js';
import { readDeliver, STANDARD } from '../../behaviour/gen/outward/index.js';
import { ChunkReader, type Delivery } from '../../delivery/guarantee/index.js';
import { durabilityOf } from '../../delivery/durable/index.js';
import { Cell } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import type { MessageAnswer, MessageOptions, MessageStream, MessageTarget } from '../../api/activation/message.js';
import type { Receipt } from '../../api/delivery.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { Activation, type Activations } from '../address/index.js';
import { checkTag, type Leads, TagsImpl, TagTable } from '../tag/index.js';
import { Absent } from './absent.js';
import { answerOf, Early, Patience, StreamImpl } from './answer.js';
import { readMessage, type ReadMessage } from './options.js';

/*
 * A message to an agent, and its answer.
 *
 *   target ─▶ a ref ─▶ (start, unless it is only enqueued) ─▶ deliver ─▶ what becomes of the row ─▶ answer
 *        └▶ a tag that leads nowhere ─▶ it waits (absent.ts)
 *
 * Start, delivery, and the binding of a group's tags are one step: one batch of the journal.
 */

/** A message that was accepted, or is about to be. */
interface Posted {
  readonly accepted: Promise<Receipt>;
  /** it has started its agent */
  readonly started: boolean;
}

export class Messages {
  readonly tags: TagsImpl;
  private readonly table: TagTable;
  private readonly absent: Absent;
  constructor(
    private readonly host: Host,
    private readonly activations: Activations,
  ) {
    const { kernel, router } = host;
    const durability = durabilityOf(kernel);
    this.table = new TagTable(durability?.journal ?? null, durability === null ? null : durability.whenReady());
    this.absent = new Absent(router, (tag, read, payload) => {
      const early = new Early(read.signal);
      const end = (): void => { early.end(kernel); };
      try {
        const ref = this.leads(tag) as AgentRefImpl;
        this.post(ref, read, payload, null, this.groupOf(tag), early).accepted.then(end, end);
      } catch (error) {
        end();
        throw error;
      }
    });
    this.absent.arrivedIfBound = (tag) => {
      if (this.table.get(tag) !== undefined) this.absent.arrived(tag);
    };
    this.tags = new TagsImpl(this.table, {
      refAt: (definition, address) => activations.address(null, definition, address) as AgentRefImpl,
      arrived: (tag) => { this.absent.arrived(tag); },
      waiting: (tag) => this.absent.count(tag),
      waitedFor: () => this.absent.tags,
      answer: (promise) => kernel.answer(promise),
    });
  }

  message(target: MessageTarget, payload: unknown, options: MessageOptions): Promise<MessageAnswer> {
    return this.host.kernel.answer(handled(this.send(target, payload, options, null)));
  }

  stream(target: MessageTarget, payload: unknown, options: MessageOptions): MessageStream {
    const { kernel } = this.host;
    const reader = new ChunkReader(kernel.deadlines);
    return new StreamImpl(reader, kernel.answer(handled(this.send(target, payload, options, reader))));
  }

  private async send(
    target: MessageTarget, payload: unknown, options: MessageOptions, reader: ChunkReader | null,
  ): Promise<MessageAnswer> {
    const read = readMessage(options);
    if (read.timeoutMs < 0) return this.go(target, payload, read, reader, null);
    const patience = new Patience(this.host.kernel, read.timeoutMs);
    try {
      return await this.go(target, payload, read, reader, patience);
    } finally {
      patience.end();
    }
  }

  private async go(
    target: MessageTarget, payload: unknown, read: ReadMessage, reader: ChunkReader | null, patience: Patience | null,
  ): Promise<MessageAnswer> {
    const tag = typeof target === 'object' && !(target instanceof AgentRefImpl)
      ? checkTag('message', (target as { readonly tag?: unknown } | null)?.tag)
      : null;
    if (tag !== null) await (patience?.before(this.tags.loaded, tag, read.op) ?? this.tags.loaded);
    const ref = tag === null ? this.refOf(target as AgentRefImpl | string, read.op) : this.leads(tag);
    if (fired(read)) return { kind: 'cancelled', id: '', receipt: undefined, reason: 'cancelled' };
    if (ref === null) return this.wait(tag as string, read, payload);
    const early = new Early(read.signal);
    const group = tag === null ? null : this.groupOf(tag);
    let receipt: Receipt;
    let started: boolean;
    try {
      const posted = this.post(ref, read, payload, reader, group, early);
      ({ started } = posted);
      receipt = await (patience?.before(posted.accepted, addressName(ref.addr), read.op) ?? posted.accepted);
    } finally {
      early.end(this.host.kernel);
    }
    if (read.enqueue && !early.taken) {
      const { id, state } = receipt;
      return state === 'superseded'
        ? { kind: 'superseded', id, receipt, reason: 'superseded' }
        : { kind: 'enqueued', id, receipt };
    }
    return answerOf(this.host.kernel, receipt, {
      patience, signal: read.signal, begun: started && reader === null,
    });
  }

  /** In one step: whoever sends now or later meets the same agent, mailbox and tags. */
  private post(
    ref: AgentRefImpl, read: ReadMessage, payload: unknown, reader: ChunkReader | null, group: Leads | null,
    early: Early,
  ): Posted {
    const { addr, definition } = ref;
    const op = definition.castOp(read.op) ?? definition.callOp(read.op);
    if (op === undefined) throw ref.unknown(read.op, 'deliver');
    const checked = op.check === null ? payload : op.check(payload, null);
    const deliveries = this.host.deliveries as Delivery;
    deliveries.checkOptions('deliver', ref, read.deliver);
    const cell = addr instanceof Cell && addr.owner === null ? addr : null;
    const activation = cell !== null && cell.activator instanceof Activation ? cell.activator : null;
    if (activation !== null && !read.enqueue && !this.host.kernel.closed) activation.wake(cell as Cell);
    const claimed = activation !== null && read.enqueue ? activation.claim((cell as Cell).name) : null;
    const taken = deliveries.deliver(ref, op, checked, null, read.deliver, {
      reader, quiet: read.enqueue, made: (receipt) => { early.made(receipt); },
    });
    early.follow(taken);
    // A later life is to know whose message it is; one that is another's is told by the start that fails.
    const accepted = claimed === null ? taken : handled(claimed).then(() => taken, () => taken);
    if (group !== null) for (const tag of group.tags) this.bindOf(group, tag);
    return { accepted, started: cell !== null && cell.owner !== null };
  }

  /** A tag of the group, unless it was unbound or moved meanwhile. */
  private bindOf(group: Leads, tag: string): void {
    const now = this.table.get(tag);
    if (now === undefined || now.state !== 'grouped') return;
    if (now.to === group.to && now.definition === group.definition) {
      this.table.put(tag, { ...group, state: 'bound', tags: [tag] });
    }
  }

  private wait(tag: string, read: ReadMessage, payload: unknown): MessageAnswer {
    // As if it went now: what is wrong with them is said here.
    readDeliver('deliver', read.deliver, STANDARD, () => this.host.kernel.env.wall());
    const id = this.absent.add(tag, read, payload);
    return id === null
      ? { kind: 'superseded', id: tag, receipt: undefined, reason: 'superseded' }
      : { kind: 'enqueued', id, receipt: undefined };
  }

  /** A ref as it is, or that of the owner of a name. */
  private refOf(target: AgentRefImpl | string, op: string): AgentRefImpl {
    if (target instanceof AgentRefImpl) return target;
    if (typeof target !== 'string') throw new OptionError('message', target, 'a ref, a registered name, or { tag }');
    const { kernel, router } = this.host;
    const cell = router.names.cell(target);
    const definition = definitionAt(cell);
    if (definition === null) {
      throw callError('NOPROC', { target, op, verb: 'deliver', reason: 'noproc' });
    }
    return new AgentRefImpl(cell, definition, kernel, null);
  }

  /** Null for a tag that leads nowhere. Errors: `TAG_UNKNOWN` for one of an earlier life that nobody has explained. */
  private leads(tag: string): AgentRefImpl | null {
    const known = this.table.get(tag);
    if (known === undefined) return null;
    if (known.ref !== null) return known.ref;
    const cell = this.host.router.names.cell(known.to);
    const definition = definitionAt(cell) ?? this.activations.definitionNamed(known.definition);
    if (definition === null || definition.name !== known.definition) {
      throw new OptionError(
        'message tag', tag, `a tag whose definition '${known.definition}' is known in this life of the program`,
        'call system.tags.group or bind for it, or system.activate for its definition', 'TAG_UNKNOWN',
      );
    }
    const ref = this.activations.definitionNamed(known.definition) === null
      ? new AgentRefImpl(cell, definition, this.host.kernel, null)
      : (this.activations.address(null, definition as AnyDefinition, known.to) as AgentRefImpl);
    this.table.learn(tag, { ...known, ref });
    return ref;
  }

  private groupOf(tag: string): Leads | null {
    const known = this.table.get(tag);
    return known !== undefined && known.state === 'grouped' ? known : null;
  }
}

function fired({ signal }: ReadMessage): boolean {
  return signal !== undefined && signal.aborted;
}

/** The definition of who lives under a name, or would be started there. */
function definitionAt({ owner, activator }: Cell): RuntimeDefinition | null {
  if (activator instanceof Activation) return activator.plan.definition;
  const definition = owner === null ? null : (owner.behaviour as { readonly definition?: unknown }).definition;
  return definition instanceof RuntimeDefinition ? definition : null;
}
