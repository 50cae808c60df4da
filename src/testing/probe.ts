import { isDeepStrictEqual } from 'node:util';
import { CastcallError, OptionError } from '../base/index.js';
import { printable } from '../base/text/index.js';
import { defineAgent } from '../behaviour/agent/index.js';
import { addressOf, AgentRefImpl, hostOf, runtimeOf } from '../behaviour/gen/index.js';
import { AgentSelf } from '../behaviour/gen/server/index.js';
import { Kind } from '../mailbox/message/index.js';
import type { Extra, Op } from '../mailbox/message/index.js';
import { exitProcess, spawnProcess } from '../process/kernel/index.js';
import { Phase, Run } from '../process/record/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import { takeDown } from '../process/signal/index.js';
import { checkName } from '../router/names/index.js';
import { Request, senderOf } from '../router/request/index.js';
import { kernelOf } from '../system/index.js';
import type { System } from '../system/index.js';
import type { AnyDefinition } from '../api/protocol.js';
import type { Pid, Target } from '../api/address.js';
import type { AgentRef, ProcessVerbs } from '../api/agent.js';
import { Down, Exit } from '../api/messages.js';

/**
 * One message that a probe has received.
 *
 * @example
 * const inbox = probe(system);
 * system.send(inbox.pid, 'hello');
 * const received = await inbox.expect('hello');
 * received.kind // => 'info'
 * @since 0.2.0
 */
export class Received {
  /** @internal */
  taken = false;
  constructor(
    readonly kind: 'cast' | 'call' | 'info' | 'down' | 'exit' | 'timer',
    /** the operation of a cast or call, else `info` */
    readonly op: string,
    /** the payload, or the Down or Exit itself */
    readonly message: unknown,
    /** undefined when it was sent from outside every process */
    readonly from: Pid | undefined,
    /** monotonic ms */
    readonly atMs: number,
    private readonly request: Request | null,
  ) {}

  /** Answers a call; false when it was over, or no call. */
  reply(value: unknown): boolean {
    return this.request !== null && this.request.reply(value);
  }

  /** Answers a call with an error: its caller gets a CallError `REFUSED`. */
  refuse(code: string, details?: unknown): boolean {
    if (this.request === null || this.request.settled) return false;
    this.request.fail('REFUSED', { refusal: code, details });
    return true;
  }
}

/** What a probe waits for: a predicate over the message, or a value that must be deeply equal to it. */
export type Match =
  | ((message: unknown, received: Received) => boolean) | string | number | boolean | bigint
  | symbol | null | undefined
  | object;

/** How long an expectation may take. */
export interface ExpectOptions {
  /** ms, default 1,000; for `expectNone` default 0: only what can happen without the clock moving */
  readonly withinMs?: number | undefined;
}

/** Options of `probe`. */
export interface ProbeOptions<D extends AnyDefinition> {
  /** registered name */
  readonly name?: string | undefined;
  /** stands in for an agent of this definition: takes its calls and casts, answers by hand */
  readonly as?: D | undefined;
  /** exit signals become messages, default true */
  readonly trapExit?: boolean | undefined;
}

const EXPECT_MS = 1_000;
const plain = defineAgent({ name: 'probe', info: () => undefined });

interface Waiter {
  readonly fits: (received: Received) => boolean;
  readonly resolve: (received: Received) => void;
}

/**
 * A process of the test: it records every message, and the test says what it expects of them. Made
 * by `probe(system)`, or by `sim.probe()` in a simulation, where waiting costs no time.
 *
 * @example
 * const watcher = probe(system);
 * const worker = system.spawn(async (self) => { await self.receive(); self.exit('done'); });
 * watcher.self.monitor(worker);
 * watcher.send(worker, 'go');
 * const down = await watcher.expectDown(worker);
 * down.reason; // => 'done'
 * await watcher.expectNone();
 * watcher.messages.length; // => 1
 * @since 0.2.0
 */
export class Probe<D extends AnyDefinition = AnyDefinition> {
  /** everything received so far, oldest first, expected or not */
  readonly messages: Received[] = [];
  /** the verbs of this process: link, monitor, send, cast, call … */
  readonly self: ProcessVerbs;
  readonly ref: AgentRef<D>;
  private readonly waiters = new Set<Waiter>();
  /** @internal Use `probe`. */
  constructor(
    private readonly p: Process,
    definition: AnyDefinition,
  ) {
    this.self = new AgentSelf(p);
    p.self = this.self;
    this.ref = new AgentRefImpl<D>(p, runtimeOf(definition), p.kernel, null);
  }

  get pid(): Pid {
    return this.p.pid;
  }

  get alive(): boolean {
    return this.p.owner !== null;
  }

  /** Sends a plain message as this process. */
  send(to: Target, message: unknown): void {
    this.self.send(to, message);
  }

  /**
   * The oldest message that fits and was not expected before; waits for one. Those passed over stay for later
   * expectations, as in a selective receive. Rejects with `EXPECTATION_FAILED` and what was received instead.
   */
  expect(match: Match, options: ExpectOptions = {}): Promise<Received> {
    return this.wait(
      matcher(match),
      () => `expected ${typeof match === 'function' ? 'a message that fits' : printable(match)}`,
      options.withinMs ?? EXPECT_MS,
    );
  }

  /** The same for a call or cast of an operation, when the probe stands in for a definition. */
  expectOp(op: string, options: ExpectOptions = {}): Promise<Received> {
    return this.wait((received) => received.op === op && received.kind !== 'info', () =>
      `expected the operation '${op}'`, options.withinMs ?? EXPECT_MS);
  }

  /** The Down of a process that this probe monitors; `target` may have ended already. */
  async expectDown(target: Target | undefined = undefined, options: ExpectOptions = {}): Promise<Down> {
    const pid = target === undefined ? undefined : textOf(this.p.kernel, target);
    const received = await this.wait(
      ({ message }) => message instanceof Down
        && (pid === undefined || message.pid === pid || message.name === pid),
      () => `expected the Down of ${pid ?? 'anybody'}`,
      options.withinMs ?? EXPECT_MS,
    );
    return received.message as Down;
  }

  /** The Exit message of a linked process, when this probe traps exits. */
  async expectExit(target: Target | undefined = undefined, options: ExpectOptions = {}): Promise<Exit> {
    const pid = target === undefined ? undefined : textOf(this.p.kernel, target);
    const received = await this.wait(
      ({ message }) => message instanceof Exit && (pid === undefined || message.pid === pid),
      () => `expected the Exit of ${pid ?? 'anybody'}`,
      options.withinMs ?? EXPECT_MS,
    );
    return received.message as Exit;
  }

  /**
   * Resolves when no unexpected message that fits was there or has come in time; rejects with
   * `EXPECTATION_FAILED` otherwise.
   */
  async expectNone(match: Match = () => true, options: ExpectOptions = {}): Promise<void> {
    const fits = matcher(match);
    const found = this.take(fits) ?? (await this.next(fits, options.withinMs ?? 0));
    if (found !== undefined) throw this.failure(`expected no message, received ${describe(found)}`);
  }

  /** Ends the probe; callers that wait for its answer get the reason. */
  stop(reason: unknown = 'normal'): void {
    exitProcess(this.p, reason);
  }

  /** @internal */
  handle(op: Op, payload: unknown, from: unknown): void {
    if (op.kind === Kind.Extra) {
      const extra = from as Extra;
      this.handle(extra.op, payload, extra.from);
      return;
    }
    if (op.kind === Kind.Stop) {
      exitProcess(this.p, payload);
      return;
    }
    if (op.kind === Kind.Down && !takeDown(payload as Down)) return;
    const request = from instanceof Request ? from : null;
    if (request !== null) (this.p.cold().deferred ??= new Set()).add(request);
    this.receive(new Received(kindOf(op), op.kind === Kind.Cast || op.kind === Kind.Call
      ? op.name
      : 'info', payload, senderOf(from)?.pid, this.p.kernel.env.mono(), request));
  }

  private receive(received: Received): void {
    this.messages.push(received);
    for (const waiter of this.waiters) {
      if (!waiter.fits(received)) continue;
      received.taken = true;
      this.waiters.delete(waiter);
      waiter.resolve(received);
      return;
    }
  }

  private async wait(fits: Waiter['fits'], what: () => string, withinMs: number): Promise<Received> {
    const found = this.take(fits) ?? (await this.next(fits, withinMs));
    if (found === undefined) throw this.failure(`${what()} within ${withinMs} ms`);
    return found;
  }

  private take(fits: Waiter['fits']): Received | undefined {
    const found = this.messages.find((received) => !received.taken && fits(received));
    if (found !== undefined) found.taken = true;
    return found;
  }

  private next(fits: Waiter['fits'], withinMs: number): Promise<Received | undefined> {
    const { env } = this.p.kernel;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        fits,
        resolve: (received) => {
          env.clear(timer);
          resolve(received);
        },
      };
      this.waiters.add(waiter);
      const timer = env.timer(withinMs, () => {
        this.waiters.delete(waiter);
        resolve(undefined);
      });
    });
  }

  private failure(text: string): CastcallError {
    const left = this.messages.filter((received) => !received.taken).map(describe);
    return new CastcallError(
      'EXPECTATION_FAILED',
      `probe ${this.p.title}: ${text}; not expected so far: ${left.length === 0
        ? 'nothing'
        : left.slice(-8).join(', ')}`,
    );
  }
}

function matcher(match: Match): Waiter['fits'] {
  if (typeof match === 'function') {
    return (received) => (match as (message: unknown, received: Received) => boolean)(
      received.message, received,
    );
  }
  return (received) => isDeepStrictEqual(received.message, match);
}

function describe(received: Received): string {
  return `${received.kind === 'cast' || received.kind === 'call'
    ? `${received.kind} '${received.op}' `
    : ''}${printable(received.message)}`;
}

function kindOf(op: Op): Received['kind'] {
  switch (op.kind) {
    case Kind.Cast: return 'cast';
    case Kind.Call: return 'call';
    case Kind.Down: return 'down';
    case Kind.Exit: return 'exit';
    case Kind.Timer: return 'timer';
    default: return 'info';
  }
}

/** A pid or name as it stands in a Down. */
function textOf(kernel: Kernel, target: Target): string | undefined {
  return typeof target === 'string'
    ? target
    : addressOf(hostOf(kernel), target).owner?.pid ?? (target as { pid?: Pid }).pid;
}

/**
 * Starts a probe in any system, simulated or not. It traps exits, unless told otherwise, and never
 * answers a call by itself.
 *
 * Errors: an OptionError for a bad or taken name.
 *
 * @example
 * const Printer = defineAgent({ calls: { print: (self, text: string) => text.length } });
 * const printer = probe(system, { as: Printer, name: 'printer' });
 * const reply = system.ref(Printer, 'printer').call('print', 'hello');
 * const asked = await printer.expectOp('print');
 * asked.message // => 'hello'
 * asked.reply(5);
 * await reply // => 5
 * @since 0.2.0
 */
export function probe<D extends AnyDefinition = AnyDefinition>(
  system: System, options: ProbeOptions<D> = {},
): Probe<D> {
  return probeIn(kernelOf(system), options);
}

/** @internal */
export function probeIn<D extends AnyDefinition>(kernel: Kernel, options: ProbeOptions<D>): Probe<D> {
  const given = options.as ?? plain;
  const definition = runtimeOf(given);
  const name = options.name === undefined ? undefined : checkName('probe.name', options.name);
  const p = spawnProcess(kernel, definition.behaviour, null, false);
  p.trap = options.trapExit ?? true;
  p.phase = Phase.Alive;
  p.run = Run.Idle;
  const made = new Probe<D>(p, given);
  // It has its definition's behaviour, so that typed refs take it for one; what it does with a
  // message is its own.
  (p as { handle: Process['handle'] }).handle = (_p, op, payload, from) => {
    made.handle(op, payload, from);
    return undefined;
  };
  if (name !== undefined) claim(kernel, p, name);
  return made;
}

function claim(kernel: Kernel, p: Process, name: string): void {
  const owner = hostOf(kernel).router.names.register(name, p);
  if (owner === null) return;
  exitProcess(p, 'normal');
  throw new OptionError(
    'probe.name', name, 'a free name', `it belongs to ${String(owner.pid)}`, 'ALREADY_REGISTERED',
  );
}
