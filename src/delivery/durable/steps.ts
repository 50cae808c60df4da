import { CastcallError, OptionError } from '../../base/index.js';
import { checkKeys } from '../../behaviour/gen/index.js';
import { decode, encode, type Journal } from '../../journal/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { Message } from '../guarantee/index.js';
import { StoredMessage } from './stored-message.js';

const FORMAT = 1;
const KEY_MAX = 256;

/** One step of a message: begun, or done with a result. */
type Step = readonly ['begun'] | readonly ['done', unknown];

interface Options {
  readonly guarantee?: unknown;
  readonly reconcile?: ((idempotencyKey: string) => unknown) | undefined;
}

/** The steps of one message: its record in the store, and those that run now. */
interface Steps {
  readonly known: Map<string, Step>;
  readonly running: Map<string, Promise<unknown>>;
}

/**
 * Effects outside, each recorded before its result is used. All steps of a message are one record,
 * which goes with its row.
 */
export class OnceSteps {
  private readonly byMessage = new WeakMap<StoredMessage, Promise<Steps>>();
  constructor(
    private readonly journal: Journal,
    /** of this store among all others: a part of each idempotency key */
    private readonly storeId: () => string,
  ) {}

  async once(p: Process, key: unknown, fn: unknown, options: unknown): Promise<unknown> {
    const stored = storedOf(p, 'once');
    const name = checkStep(key);
    if (typeof fn !== 'function') throw new OptionError('self.once.fn', fn, 'a function');
    const asked = checkOptions(options);
    const run = new Run(p, stored.message);
    const steps = await this.stepsOf(stored);
    run.goesOn();
    const running = steps.running.get(name);
    if (running !== undefined) return running;
    const made = this.step(stored, steps, name, fn as (key: string) => unknown, asked, run);
    steps.running.set(name, made);
    try {
      return await made;
    } finally {
      steps.running.delete(name);
    }
  }

  private async step(
    stored: StoredMessage, steps: Steps, name: string, fn: (key: string) => unknown, options: Options, run: Run,
  ): Promise<unknown> {
    const { known } = steps;
    const step = known.get(name);
    if (step !== undefined && step[0] === 'done') return step[1];
    const idempotencyKey = `${this.storeId()}/${stored.stream}/${stored.origin}/${name}`;
    let effect = fn;
    if (step !== undefined) {
      if (options.reconcile === undefined) throw unknownStep(name, idempotencyKey);
      effect = options.reconcile;
    } else if (options.guarantee === 'at-most-once') {
      known.set(name, ['begun']);
      await this.record(stored, known);
      run.goesOn();
    }
    const bytes = encode(await effect(idempotencyKey), `the result of step '${name}'`);
    run.goesOn();
    // What a later attempt gets is what this one gets.
    const value = decode(bytes);
    known.set(name, ['done', value]);
    await this.record(stored, known);
    run.goesOn();
    return value;
  }

  private record(stored: StoredMessage, known: ReadonlyMap<string, Step>): Promise<void> {
    this.journal.put('step', String(stored.origin), encode([FORMAT, [...known]], 'the steps of a message'));
    stored.hasSteps = true;
    return this.journal.flush();
  }

  private stepsOf(stored: StoredMessage): Promise<Steps> {
    let steps = this.byMessage.get(stored);
    if (steps === undefined) this.byMessage.set(stored, (steps = this.load(stored)));
    return steps;
  }

  private async load(stored: StoredMessage): Promise<Steps> {
    const kept = stored.earlier || stored.hasSteps;
    const bytes = kept ? await this.journal.get('step', String(stored.origin)) : undefined;
    if (bytes === undefined) return { known: new Map(), running: new Map() };
    stored.hasSteps = true;
    const [, entries] = decode(bytes) as [number, [string, Step][]];
    return { known: new Map(entries), running: new Map() };
  }
}

/** The run of a handler that has called: what comes after its end has no effect (P16). */
class Run {
  private readonly starts: number;
  constructor(
    private readonly p: Process,
    private readonly message: Message,
  ) {
    this.starts = message.starts;
  }

  goesOn(): void {
    const { p, message } = this;
    if (p.phase !== Phase.Dead && message.running && message.starts === this.starts) return;
    p.kernel.counts.zombies++;
    throw new CastcallError('ZOMBIE', 'once: the run of the handler that asked has ended');
  }
}

/** The stored delivery that a durable agent handles now. */
export function storedOf(p: Process, verb: string): StoredMessage {
  const { from, ext } = p;
  const stored = from instanceof Message && from.rare !== null ? from.rare.stored : null;
  if (stored instanceof StoredMessage && ext !== null && ext.turn !== null) return stored;
  throw new OptionError(
    `self.${verb}`, p.op?.name, 'a stored delivery that a durable agent handles',
    'only what is delivered is handled again after a crash: send it with deliver', 'NOT_DURABLE',
  );
}

function checkStep(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= KEY_MAX) return key;
  throw new OptionError('self.once.key', key, `a text of 1 to ${KEY_MAX} characters`);
}

function checkOptions(options: unknown): Options {
  if (options === undefined) return {};
  checkKeys('once', options as object, ['guarantee', 'reconcile']);
  const { guarantee, reconcile } = options as Options;
  if (guarantee !== undefined && guarantee !== 'at-least-once' && guarantee !== 'at-most-once') {
    throw new OptionError('once.guarantee', guarantee, "'at-least-once' or 'at-most-once'");
  }
  if (reconcile !== undefined && typeof reconcile !== 'function') {
    throw new OptionError('once.reconcile', reconcile, 'a function of the idempotency key');
  }
  if (reconcile !== undefined && guarantee !== 'at-most-once') {
    throw new OptionError(
      'once.reconcile', reconcile, "the guarantee 'at-most-once'", 'with at-least-once the step runs again',
      'BAD_COMBINATION',
    );
  }
  return { guarantee, reconcile };
}

function unknownStep(name: string, idempotencyKey: string): CastcallError {
  return new CastcallError(
    'STEP_UNKNOWN', `step '${name}' had begun when the agent or the program ended: whether it has had its effect is `
    + `unknown; give once a reconcile, or look for ${idempotencyKey} by hand`,
  );
}
