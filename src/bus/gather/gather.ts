import { callError, handled, OptionError, timeoutMs } from '../../base/index.js';
import { isOfThisCopy } from '../../base/text/index.js';
import { checkKeys, checkSignal } from '../../behaviour/gen/index.js';
import { callFailure, isAbort, Verb } from '../../behaviour/gen/request/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import { fenced } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { addressName, unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import type { GatherOptions } from '../../api/bus/gather.js';
import type { GatherBranch, GatherResult } from '../../api/bus/verbs.js';
import type { Sends } from '../../api/agent.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { CallFailure } from '../../api/requests.js';
import { BusError } from '../core/index.js';
import { GatherError } from './error.js';

const KEYS = ['quorum', 'timeoutMs', 'signal'];
const GATHER_TIMEOUT_MS = 5_000;

/** One question to many; what is wrong with it is a rejection. */
export function gather<D extends AnyDefinition, V>(
  kernel: Kernel, caller: Process | null, refs: unknown, asked: unknown, payload: unknown,
  options: GatherOptions = {},
): Promise<GatherResult<D, V>> {
  const op = String(asked); // of a symbol as well: no agent has an operation of that name
  const result = new Promise<GatherResult<D, V>>((resolve, reject) => {
    const read = readGather<D>(op, refs, options);
    if (fenced(caller)) {
      throw new BusError('ZOMBIE', `gather '${op}'`, `the process ${(caller as Process).pid} has ended`);
    }
    read.signal?.throwIfAborted();
    new Gather<D, V>(kernel, caller, read, op, { resolve, reject }).begin(payload);
  });
  return kernel.answer(handled(result));
}

interface ReadGather<D extends AnyDefinition> {
  readonly refs: readonly (RefBase & Sends<D>)[];
  readonly quorum: number;
  /** as calls take it */
  readonly timeoutMs: number | 'infinity';
  readonly signal: AbortSignal | undefined;
}

interface Asker<D extends AnyDefinition, V> {
  resolve(result: GatherResult<D, V>): void;
  reject(error: unknown): void;
}

/** One gather under way. Each branch is a call; what ends it all takes back those that are open. */
class Gather<D extends AnyDefinition, V> implements Abortable {
  private readonly branches: (GatherBranch<D, V> | undefined)[];
  /** of the branches that are taken back */
  private readonly controller = new AbortController();
  private readonly values: V[] = [];
  private watched: Watched | null = null;
  private replies = 0;
  private failures = 0;
  private over = false;
  constructor(
    private readonly kernel: Kernel,
    private readonly caller: Process | null,
    private readonly asked: ReadGather<D>,
    private readonly op: string,
    private readonly asker: Asker<D, V>,
  ) {
    this.branches = new Array<GatherBranch<D, V> | undefined>(asked.refs.length).fill(undefined);
  }

  begin(payload: unknown): void {
    const { asked, caller, op, controller } = this;
    const options = { timeoutMs: asked.timeoutMs, signal: controller.signal };
    if (asked.signal !== undefined) this.watched = watchSignal(asked.signal, this);
    asked.refs.forEach((ref, at) => {
      if (this.over) return; // by the user's code that looks at payloads
      ref.dispatch(Verb.Call, caller, op, payload, options).then(
        (value) => this.replied(at, value as V),
        (error: unknown) => this.failed(at, error, options),
      );
    });
    if (asked.quorum === 0) this.reached();
  }

  aborted(reason: unknown): void {
    this.end(reason);
    this.asker.reject(reason);
  }

  private replied(at: number, value: V): void {
    if (this.over) return;
    this.branches[at] = { ref: this.refAt(at), ok: true, value };
    if (++this.replies === this.asked.quorum) this.reached();
  }

  private failed(at: number, error: unknown, options: object): void {
    if (this.over) return;
    const { op, caller, asked: { refs, quorum } } = this;
    const target = addressName((refs[at] as RefBase).addr);
    const told = callFailure(error, target, op, isAbort(error, options, caller));
    this.branches[at] = { ref: this.refAt(at), ok: false, error: told };
    if (refs.length - ++this.failures >= quorum) return;
    const branches = this.end(new BusError('CANCELLED', `gather '${op}'`, 'too many others have failed'));
    this.asker.reject(new GatherError(op, quorum, this.failures, branches));
  }

  private reached(): void {
    const branches = this.end(new BusError('CANCELLED', `gather '${this.op}'`, 'enough others have replied'));
    for (const one of branches) if (one.ok) this.values.push(one.value);
    this.asker.resolve({ values: this.values, branches });
  }

  /** Takes back what is open; what came of each branch. */
  private end(why: unknown): GatherBranch<D, V>[] {
    this.over = true;
    unwatch(this.watched, this.kernel);
    const { branches, op } = this;
    const told = branches.map((branch, at): GatherBranch<D, V> => branch ?? {
      ref: this.refAt(at), ok: false,
      error: callError('ABORTED', {
        target: addressName((this.asked.refs[at] as RefBase).addr), op, reason: why, cause: why,
      }) as CallFailure,
    });
    if (this.replies + this.failures < branches.length) this.controller.abort(why);
    return told;
  }

  private refAt(at: number): Sends<D> {
    return this.asked.refs[at] as Sends<D>;
  }
}

function readGather<D extends AnyDefinition>(op: string, refs: unknown, given: GatherOptions): ReadGather<D> {
  const verb = `gather '${op}'`;
  if (!Array.isArray(refs)) {
    throw new OptionError(
      `${verb}.refs`, refs, 'an array of refs', 'make each with system.ref(Definition, nameOrPid)',
    );
  }
  const bad: unknown = refs.find((ref) => !isOfThisCopy(ref) || typeof (ref as RefBase).dispatch !== 'function');
  if (bad !== undefined || refs.includes(undefined)) {
    throw new OptionError(
      `${verb}.refs`, bad, 'a ref of an agent', 'make it with system.ref(Definition, nameOrPid)',
    );
  }
  checkKeys(verb, given, KEYS);
  const limit = timeoutMs(`${verb}.timeoutMs`, given.timeoutMs, GATHER_TIMEOUT_MS);
  if (limit === 0) {
    throw new OptionError(`${verb}.timeoutMs`, 0, "a whole number of milliseconds from 1, or 'infinity'");
  }
  return {
    refs: [...refs] as (RefBase & Sends<D>)[],
    quorum: quorumOf(`${verb}.quorum`, given.quorum, refs.length),
    timeoutMs: limit < 0 ? 'infinity' : limit,
    signal: checkSignal(verb, given.signal),
  };
}

function quorumOf(where: string, given: unknown, branches: number): number {
  const asked = given === undefined || given === 'all' ? branches
    : given === 'any' ? 1 : given === 'majority' ? Math.floor(branches / 2) + 1 : given;
  const least = branches === 0 && asked === branches ? 0 : 1;
  if (Number.isInteger(asked) && (asked as number) >= least && (asked as number) <= branches) return asked as number;
  throw new OptionError(
    where, given, `a whole number from 1 to the number of branches, ${branches}, or 'any', 'majority' or 'all'`,
  );
}
