import { UNUSED } from '../../base/index.js';
import { onAbort } from '../../base/text/index.js';
import { hostOf, startAgent } from '../../behaviour/gen/index.js';
import type { StartPlan } from '../../behaviour/gen/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { TaskDefinition } from '../../behaviour/task/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { cancelTimer, exitSignal } from '../../process/signal/index.js';
import type { ProcessTimer } from '../../process/signal/index.js';
import { ChildSpec } from '../spec/index.js';
import { watchHealth } from './health.js';

/** Work that is done at once when it can be, and later when it cannot. */
export type MaybeLater<T> = T | Promise<T>;

export function next<T, R>(done: MaybeLater<T>, then: (value: T) => MaybeLater<R>): MaybeLater<R> {
  return done instanceof Promise ? done.then(then) : then(done);
}

/** One child: its spec and the process that lives for it now. */
export class Child {
  /** see `Exit.kept` */
  static readonly kept: Child = new Child({}, UNUSED, UNUSED);
  process: Process | null = null;
  status: 'running' | 'restarting' | 'stopped' = 'stopped';
  restarts = 0;
  /** neighbours in start order */
  older: Child | null = null;
  newer: Child | null = null;
  /** back-off: restarts in a row, when the last restart was (whole ms), and the timer of the next one */
  row = 0;
  startedAt = 0;
  wait: ProcessTimer | null = null;
  /** the end that it waits after was charged to a delivered message */
  charged = false;
  constructor(
    /** its supervisor's own record; tells its children from those of others */
    readonly family: object,
    public spec: ChildSpec,
    /** what it is started with */
    public plan: StartPlan,
    /** its start and its end are not reported: it tells of its own end */
    readonly quiet: boolean = false,
  ) {}

  get alive(): boolean {
    return this.process !== null && this.process.owner !== null;
  }

  /** Nobody lives for it now, and no restart of it is planned. */
  release(): void {
    this.process = null;
    this.status = 'stopped';
    this.charged = false;
    this.forgetWait();
  }

  forgetWait(): void {
    if (this.wait === null) return;
    cancelTimer(this.wait);
    this.wait = null;
  }
}

/** The child that a process is, or was until a moment ago; undefined when it is none of this family now. */
export function childOf(p: Process | null, family: object): Child | undefined {
  const child = p?.role;
  return child instanceof Child && child.process === p && child.family === family ? child : undefined;
}

/** How its supervisor knows a process. */
export function roleOf(p: Process): { readonly id: string | undefined; readonly restarts: number } | undefined {
  const child = p.role;
  return child instanceof Child
    ? { id: child.spec.id === '' ? undefined : child.spec.id, restarts: child.restarts }
    : undefined;
}

/** Starts a child; throws or rejects with its StartError. An init that ignores leaves it stopped (SU-07). */
export function startChildProcess(supervisor: Process, child: Child): MaybeLater<void> {
  const { plan } = child;
  const host = hostOf(supervisor.kernel);
  if (plan.definition instanceof TaskDefinition) return adopt(
    supervisor, child, plan.definition.spawn(host, plan, supervisor),
  );
  const started = startAgent(host, plan, supervisor);
  if (started instanceof Promise) return endedWith(supervisor, started).then((p) => adopt(supervisor, child, p));
  adopt(supervisor, child, started);
}

/** The shutdown of a process has arrived, and waits until its handler or its init is over. */
export function shutsDown(p: Process): boolean {
  return p.ext !== null && p.ext.shutdown !== null;
}

/**
 * It has ended or its shutdown has arrived: whoever has waited for something starts nothing more in
 * its name.
 */
export function isEnding(p: Process): boolean {
  return p.phase === Phase.Dead || shutsDown(p);
}

/** Who has starts under way, how many, and what ends them: one listener, however many they are. */
const starters = new WeakMap<Process, { many: number; readonly end: () => void }>();

/**
 * A start that takes its time must not hold up the shutdown of the starter: what is starting is
 * asked to end, too.
 */
export async function endedWith<T>(starter: Process, starting: Promise<T>): Promise<T> {
  const { signal } = starter.self as AgentSelf;
  const known = starters.get(starter) ?? { many: 0, end: () => { endStarting(starter); } };
  if (shutsDown(starter)) known.end();
  else if (known.many === 0) onAbort(signal, known.end);
  known.many++;
  starters.set(starter, known);
  try {
    return await starting;
  } finally {
    if (--known.many === 0) {
      starters.delete(starter);
      signal.removeEventListener('abort', known.end);
    }
  }
}

function endStarting(starter: Process): void {
  if (starter.phase === Phase.Dead) return;
  for (const p of [...(starter.ext?.starting ?? [])]) exitSignal(p, starter, 'shutdown', false);
}

function adopt(supervisor: Process, child: Child, p: Process | null): void {
  child.process = p;
  if (p === null) {
    child.status = 'stopped';
    return;
  }
  child.status = 'running';
  p.role = child;
  watchHealth(supervisor, child, p);
  if (child.spec.restart === 'temporary') forgetArgs(child);
}

const NOTHING: readonly unknown[] = [];

/** A temporary child is never started again: what it was started with need not stay in memory (SU-45). */
function forgetArgs(child: Child): void {
  if (child.plan.init.length === 0) return;
  child.plan = { ...child.plan, init: NOTHING };
  child.spec = new ChildSpec({ ...child.spec, plan: child.plan });
}
