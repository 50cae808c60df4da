import { AgentSelf } from '../behaviour/gen/server/index.js';
import { StatemInstance } from '../behaviour/statem/index.js';
import { statusOf } from '../process/inspect/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import { roleOf } from '../supervisor/core/index.js';
import { isSupervisor } from '../supervisor/index.js';
import type { TreeNode } from '../api/system.js';

/** Every live process, as a forest by parent; O(processes). */
export function treeOf(kernel: Kernel): TreeNode[] {
  const byParent = new Map<Process | null, Process[]>();
  for (const p of kernel.live.list()) {
    const parent = p.parent !== null && p.parent.owner !== null ? p.parent : null;
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [p]);
    else siblings.push(p);
  }
  return (byParent.get(null) ?? []).map((p) => node(p, byParent));
}

function node(p: Process, byParent: ReadonlyMap<Process | null, readonly Process[]>): TreeNode {
  const role = roleOf(p);
  return {
    pid: p.pid,
    name: p.name?.name,
    id: role?.id,
    type: isSupervisor(p)
      ? 'supervisor'
      : p.self instanceof AgentSelf ? 'agent' : p.self instanceof StatemInstance ? 'statem' : 'process',
    definition: p.behaviour.name,
    status: statusOf(p),
    mailbox: p.mailbox.size,
    restarts: role?.restarts ?? 0,
    children: (byParent.get(p) ?? []).map((child) => node(child, byParent)),
  };
}
