import type { System } from '../../src/index.js';
import type { VirtualEnv } from '../support/virtual-env.js';

/** virtual: more than a system waits before it kills what does not stop */
const STOP_MS = 60_000;

/**
 * Kills and stops all that is left, and says what the promises of every scenario's end do not hold:
 * conservation, and nobody left.
 */
export async function endOf(system: System, env: VirtualEnv): Promise<string[]> {
  for (const pid of system.processes()) system.exit(pid, 'kill');
  let stopped = false;
  void system.stop().then(() => { stopped = true; });
  for (const ms of [0, 0, STOP_MS]) if (!stopped as boolean) await env.advance(ms);
  if (!stopped as boolean) return ['end castcall: it does not stop'];
  const {
    sent, handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running,
    held, signals, spawned, exited,
  } = system.stats();
  const problems: string[] = [];
  if (sent !== handled + rejected + dropped + superseded + expired + deadLettered + unknown + queued
    + running + held) {
    problems.push('end castcall: messages are not conserved');
  }
  if (queued + running + held > 0) problems.push('end castcall: messages are left');
  if (signals.sent !== signals.handled
    + signals.dropped) problems.push('end castcall: signals are not conserved');
  if (spawned !== exited) problems.push('end castcall: processes are left');
  return problems;
}
