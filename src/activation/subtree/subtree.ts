import { CastcallError, Deadline, handled, parseOptions, timeoutMs, z } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { checkKeys } from '../../behaviour/gen/index.js';
import { Destination } from '../../delivery/guarantee/index.js';
import { Phase } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type {
  AddressInfo, DeliverAllOptions, DeliverAllReport, Subtree, SubtreeIdleOptions, WakeStep,
} from '../../api/activation/subtree.js';
import { type Activation, type Activations, type AddressRefImpl, checkAddress, isUnder } from '../address/index.js';

const CONCURRENCY = 128;
const IDLE_TIMEOUT_MS = 5_000;
/** ms between two looks at who works */
const LOOK_MS = 5;

const COUNT = 'a whole number of starts from 1';
const schema = z.strictObject({
  concurrency: z.number({ error: COUNT }).int({ error: COUNT }).min(1, { error: COUNT }).optional(),
  progress: z.custom<(step: WakeStep) => void>(
    (value) => value === undefined || typeof value === 'function', { error: 'a function' },
  ).optional(),
}, { error: 'an object' });

/** The addresses below a prefix. */
export class SubtreeImpl implements Subtree {
  readonly prefix: string;
  readonly #all: Activations;
  constructor(all: Activations, prefix: unknown) {
    this.#all = all;
    this.prefix = prefix === '' ? '' : checkAddress('addresses', prefix);
  }

  get #kernel(): Kernel {
    return this.#all.host.kernel;
  }

  #residents(): { readonly path: string; readonly p: Process; readonly activation: Activation }[] {
    return this.#all.residents().filter(({ path }) => isUnder(this.prefix, path));
  }

  #written(): string[] {
    return this.#all.written().filter((path) => isUnder(this.prefix, path));
  }

  list(): Promise<AddressInfo[]> {
    return handled(this.#list());
  }

  async #list(): Promise<AddressInfo[]> {
    const all = this.#all;
    await all.records.ready();
    const found = new Map<string, string | undefined>();
    for (const path of this.#written()) found.set(path, all.definitionAt(path));
    for (const [path, name] of all.records.known) if (isUnder(this.prefix, path)) found.set(path, name);
    for (const { path, activation } of this.#residents()) found.set(path, activation.plan.definition.name);
    const { names } = all.host.router;
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([address, definition]) => ({
      address, definition, pid: names.whereis(address)?.pid, pending: pendingOf(names.cell(address).mail),
    }));
  }

  #refs(): AddressRefImpl[] {
    const sender = this.#kernel.current;
    return this.#residents().map(({ path, activation }) => activation.ref(sender, path));
  }

  cast(op: string, payload?: unknown): number {
    const refs = this.#refs().filter(({ definition }) => definition.castOp(op) !== undefined);
    for (const ref of refs) ref.cast(op, payload);
    return refs.length;
  }

  send(message: unknown): number {
    const refs = this.#refs();
    for (const ref of refs) ref.send(message);
    return refs.length;
  }

  #busy(): string[] {
    return this.#residents().filter(({ p }) => worksNow(p)).map(({ path }) => path);
  }

  whenIdle(options: SubtreeIdleOptions = {}): Promise<void> {
    checkKeys('whenIdle', options, ['timeoutMs']);
    const limit = timeoutMs('whenIdle.timeoutMs', options.timeoutMs, IDLE_TIMEOUT_MS);
    return handled(new Promise((resolve, reject) => {
      const over = (busy: string[]): void => reject(late(this.prefix, busy, limit));
      new IdleWait(this.#kernel, () => this.#busy(), limit, resolve, over).look();
    }));
  }

  async stop(): Promise<number> {
    const refs = this.#refs();
    await Promise.all(refs.map((ref) => ref.stop().catch(() => undefined)));
    return refs.length;
  }

  deliverAll(options: DeliverAllOptions = {}): Promise<DeliverAllReport> {
    return handled(this.#wakeAll(options));
  }

  async #wakeAll(options: DeliverAllOptions): Promise<DeliverAllReport> {
    const { concurrency = CONCURRENCY, progress } = parseOptions<DeliverAllOptions>('deliverAll', schema, options);
    const all = this.#all;
    await all.records.ready();
    const paths = this.#written();
    const report = { woken: 0, resident: 0, failed: 0, unknown: 0 };
    let next = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < paths.length; at = next++) {
        const address = paths[at] as string;
        const step = await all.wakeUp(address);
        report[step.result]++;
        progress?.({ address, ...step, done: ++done, total: paths.length });
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, paths.length) }, work));
    return report;
  }
}

shownAs(SubtreeImpl, (it) => `Subtree(${it.prefix})`);

function pendingOf(mail: unknown): number {
  if (!(mail instanceof Destination)) return 0;
  const { pending, inTransit, running } = mail.counters;
  return pending + inTransit + running;
}

function worksNow(p: Process): boolean {
  return p.phase !== Phase.Alive || p.op !== null || p.mailbox.size > 0
    || pendingOf(p.name === null ? null : (p.name as { readonly mail?: unknown }).mail) > 0;
}

/** Looks again and again until nobody works: not at each message, which would have to pay for it. */
class IdleWait extends Deadline {
  private readonly began: number;
  /** no time passes in a system that has stopped */
  private readonly stopped = (): void => { this.over(this.busy()); };
  constructor(
    private readonly kernel: Kernel,
    private readonly busy: () => string[],
    private readonly limitMs: number,
    private readonly resolve: () => void,
    private readonly late: (busy: string[]) => void,
  ) {
    super();
    this.began = kernel.env.mono();
    kernel.stopHooks.add(this.stopped);
  }
  look(): void {
    const busy = this.busy();
    const left = this.limitMs < 0 ? LOOK_MS : this.limitMs - (this.kernel.env.mono() - this.began);
    if (busy.length === 0 || left <= 0) return this.over(busy);
    this.kernel.deadlines.add(this, Math.max(1, Math.min(LOOK_MS, Math.ceil(left))));
  }
  expire(): void {
    this.look();
  }

  private over(busy: string[]): void {
    this.kernel.stopHooks.delete(this.stopped);
    if (busy.length === 0) this.resolve();
    else this.late(busy);
  }
}

const NAMED = 5;

function late(prefix: string, busy: readonly string[], limitMs: number): CastcallError {
  const named = busy.slice(0, NAMED).join(', ');
  const more = busy.length > NAMED ? ` and ${busy.length - NAMED} more` : '';
  return new CastcallError(
    'TIMEOUT', `whenIdle of '${prefix}': ${named}${more} still worked after ${limitMs} ms; wait longer, or stop them`,
  );
}
