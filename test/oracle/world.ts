import type { System } from '../../src/index.js';

/** Kills and stops all that is left, and says what the promises of every scenario's end do not hold: conservation, and nobody left. */
export async function endOf(system: System): Promise<string[]> {
  for (const pid of system.processes()) system.exit(pid, 'kill');
  await system.stop();
  const { sent, handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running, held, signals, spawned, exited } = system.stats();
  const problems: string[] = [];
  if (sent !== handled + rejected + dropped + superseded + expired + deadLettered + unknown + queued + running + held) problems.push('end castcall: messages are not conserved');
  if (queued + running + held > 0) problems.push('end castcall: messages are left');
  if (signals.sent !== signals.handled + signals.dropped) problems.push('end castcall: signals are not conserved');
  if (spawned !== exited) problems.push('end castcall: processes are left');
  return problems;
}
