import { CastcallError } from '../../base/index.js';
import { printable, printableLogged } from '../../base/text/index.js';
import type { Process } from '../../process/record/index.js';
import type {
  GiveUp, GiveUpReason, Offender, RestartCause, SupervisorReport,
} from '../../api/reports.js';
import type { Intensity } from './intensity.js';

/**
 * A supervisor gave up: it has stopped its children and ended with `shutdown`, and nobody restarts
 * it. `onGiveUp` of `system.supervise` gets it, and by default `system.done` rejects with it.
 * `cause` is the reason of the last crash.
 *
 * @example
 * const Fragile = defineAgent({ init: () => ({}), casts: { crash() { throw new Error('no network'); } } });
 * const told = new Promise<GiveUpError>((resolve) => {
 *   void system.supervise({ intensity: 0, children: [child('fragile', Fragile)] }, { onGiveUp: resolve });
 * });
 * system.ref(Fragile, 'fragile').cast('crash');
 * const { code, intensity, periodMs, restarts, causes } = await told;
 * [code, intensity, periodMs, restarts] // => ['GAVE_UP', 0, 5000, 1]
 * causes.map(({ id, reason }) => `${id}: ${String(reason)}`) // => ['fragile: Error: no network']
 * @since 0.2.0
 */
export class GiveUpError extends CastcallError implements GiveUp {
  readonly supervisor: string;
  readonly reason: GiveUpReason;
  readonly intensity: number;
  readonly periodMs: number;
  readonly restarts: number;
  readonly causes: readonly RestartCause[];
  /** @internal */
  constructor(told: GiveUp) {
    super('GAVE_UP', textOf(told, printable), { cause: told.causes.at(-1)?.reason });
    this.supervisor = told.supervisor;
    this.reason = told.reason;
    this.intensity = told.intensity;
    this.periodMs = told.periodMs;
    this.restarts = told.restarts;
    this.causes = told.causes;
  }

  /** @internal */
  override logged(): string {
    return textOf(this, printableLogged);
  }
}

function textOf(
  { supervisor, reason, intensity, periodMs, restarts, causes }: GiveUp, show: (value: unknown) => string,
): string {
  const why = causesText(causes, show);
  if (reason === 'escalated') {
    return `supervisor ${supervisor} gave up: an error of a delivered message is to end it: ${why}`;
  }
  const limit =
    `${restarts} restart${restarts === 1 ? '' : 's'} within ${periodMs} ms, where its intensity allows ${intensity}`;
  return `supervisor ${supervisor} gave up: ${limit}; the latest: ${why}`;
}

/** One cause as a log and a message show it. */
export function causeText({ id, reason }: RestartCause, show: (value: unknown) => string): string {
  return id === undefined ? show(reason) : `${id}: ${show(reason)}`;
}

function causesText(causes: readonly RestartCause[], show: (value: unknown) => string): string {
  const texts: string[] = [];
  let same = 1;
  for (const [i, cause] of causes.entries()) {
    const text = causeText(cause, show);
    const next = causes[i + 1];
    if (next !== undefined && causeText(next, show) === text) same++;
    else {
      texts.push(same === 1 ? text : `${text} (${same} times)`);
      same = 1;
    }
  }
  return texts.join('; ');
}

/** Who gave up and has not been forgotten; whoever started it asks when it has ended. */
const known = new WeakMap<Process, GiveUpError>();

/** Why this supervisor gave up, if it has. */
export function gaveUp(supervisor: Process): GiveUpError | undefined {
  return known.get(supervisor);
}

/** Tells that a supervisor gives up (LG-01), with its limit, the count and the causes. */
export function tellGiveUp(
  p: Process, offender: Offender, limits: Intensity, reason: GiveUpReason, causes: readonly RestartCause[],
): void {
  const { restartsMax: intensity, periodMs, count: restarts } = limits;
  const told: GiveUp = { supervisor: p.title, reason, intensity, periodMs, restarts, causes };
  known.set(p, new GiveUpError(told));
  if (!p.kernel.reporting) return;
  const report: SupervisorReport = {
    label: 'supervisor gives up', level: 'error', context: 'shutdown', offender, ...told,
  };
  p.kernel.report(report);
}
