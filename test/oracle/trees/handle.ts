import { SupervisorRef, type System } from '../../../src/index.js';

interface Inside {
  readonly p: { readonly kernel: { byPid(pid: string): unknown } };
}

/** The handle of whoever has a supervisor's name now, or null. */
export async function handleOf(system: System, name: string): Promise<SupervisorRef | null> {
  const pid = system.whereis(name);
  if (pid === undefined) return null;
  const inside = await new Promise<Inside>((resolve) => system.spawn((self) => resolve(self as unknown as Inside)));
  return new SupervisorRef(inside.p.kernel.byPid(pid) as never, inside.p.kernel as never);
}
