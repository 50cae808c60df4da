import { callError, CastcallError, OptionError } from '../../base/index.js';
import { deliveriesOf, RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { Durability } from '../../delivery/durable/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { Cell } from '../../router/names/index.js';
import type { Router } from '../../router/index.js';
import { addressName } from '../../router/request/index.js';
import type { DeliverOptions, Receipt } from '../../api/delivery.js';
import type { Job, ReadSend } from './job.js';

/** A delivery of a durable schedule, as it is stored. */
export interface StoredSend {
  readonly to: string;
  readonly op: string;
  readonly payload: unknown;
  readonly options: DeliverOptions | null;
  /** name of the process that made the schedule, and sends as far as it is there; null for the outside */
  readonly sender: string | null;
}

/** Checks that a delivery can be one of a durable schedule. */
export function storedSend(where: string, send: ReadSend, sender: Process | null): StoredSend {
  const { to, op, payload, options } = send;
  if (!(to.addr instanceof Cell)) {
    throw new OptionError(
      `${where}.to`, addressName(to.addr), 'an agent by its registered name, of a durable schedule',
      'a later life finds it by that: system.ref(Definition, name)', 'NOT_DURABLE',
    );
  }
  const given = options as DeliverOptions | undefined;
  if (given?.guarantee === 'at-most-once' || given?.durable === false) {
    throw new OptionError(
      `${where}.options`, given.durable === false ? 'durable: false' : given.guarantee,
      'a delivery that is stored, of a durable schedule', 'leave it out', 'BAD_COMBINATION',
    );
  }
  const name = sender !== null && sender.name instanceof Cell ? sender.name.name : null;
  return { to: to.addr.name, op, payload, options: given ?? null, sender: name };
}

/** The delivery of a durable schedule: its row is added to the store in the step in which the run begins. */
export class StoredDelivery {
  private readonly cell: Cell;
  constructor(
    private readonly kernel: Kernel,
    private readonly router: Router,
    private readonly send: StoredSend,
    /** of the agent; null for that of whoever owns the name */
    private readonly definition: RuntimeDefinition | null,
  ) {
    this.cell = router.names.cell(send.to);
  }

  /** It is known what the agent takes. */
  readonly ready = (): boolean => this.known !== null;

  private get known(): RuntimeDefinition | null {
    const { owner } = this.cell;
    const now = owner === null ? null : (owner.behaviour as { definition?: unknown }).definition;
    return now instanceof RuntimeDefinition && now.deliverable ? now : this.definition;
  }

  readonly job: Job = () => {
    const { kernel, cell, send: { to, op, payload, options }, known } = this;
    const found = known === null ? undefined : known.castOp(op) ?? known.callOp(op);
    if (known === null || found === undefined || found.stream) {
      throw callError('UNKNOWN_OPERATION', { target: to, op, verb: 'deliver' });
    }
    const sender = this.sender();
    const checked = found.check === null ? payload : found.check(payload, sender);
    const accepted = deliveriesOf(kernel).deliver(
      { addr: cell, definition: known }, found, checked, sender, { ...options, durable: true },
    );
    return accepted.then(({ settled }: Receipt) => settled).then(({ kind, reason }) => {
      // What is stored goes on in a later life.
      if (kind === 'handled' || kind === 'stored') return;
      throw new CastcallError('NOT_HANDLED', `a scheduled delivery of ${op} ended as ${kind}`, { cause: reason });
    });
  };

  /** A durable agent sends in its turns only. */
  private sender(): Process | null {
    const { sender } = this.send;
    const p = sender === null ? null : this.router.names.cell(sender).owner;
    return p === null || (p.ext !== null && p.ext.turn !== null) ? null : p;
  }
}

/** A job that is no stored delivery: it begins once the record has moved on, so it is done at most once. */
export function afterCommit(durability: Durability, job: Job): Job {
  return async (run) => {
    await Promise.resolve(); // its record is added in the same step as the run begins
    await durability.journal.flush();
    run.signal.throwIfAborted();
    return job(run);
  };
}
