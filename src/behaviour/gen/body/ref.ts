import { delayMs } from '../../../base/index.js';
import { shownAs } from '../../../base/text/index.js';
import { INFO } from '../../../mailbox/message/index.js';
import { exitProcess } from '../../../process/kernel/index.js';
import { fenced } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { accept } from '../../../process/send/index.js';
import { exitSignal } from '../../../process/signal/index.js';
import type { Pid } from '../../../api/address.js';
import type { AgentStats, ProcessRef, ProcessVerbs } from '../../../api/agent.js';
import { hostOf, processOf, rejected } from '../host.js';
import { checkKeys } from '../options.js';
import { statsOf } from '../request/ref-base.js';
import { ended } from '../stop.js';

/** The address of a process with a body. */
export class ProcessRefImpl implements ProcessRef {
  constructor(
    readonly addr: Process,
    readonly sender: Process | null,
  ) {}
  get pid(): Pid {
    return this.addr.pid;
  }
  get alive(): boolean {
    return this.addr.owner !== null;
  }
  send(message: unknown): void {
    const { addr } = this;
    const sender = this.sender ?? addr.kernel.current;
    if (fenced(sender)) return;
    if (addr.owner === null) hostOf(addr.kernel).router.dead(addr, INFO, null, message, sender);
    else accept(addr, INFO, message, sender);
  }
  stats(): AgentStats {
    return statsOf(this.addr, this.addr.kernel);
  }
  stop(
    reason: unknown = 'shutdown', options: { readonly timeoutMs?: number | 'infinity' | undefined } = {},
  ): Promise<void> {
    checkKeys('stop', options, ['timeoutMs']);
    const { addr } = this;
    const acting = this.sender ?? addr.kernel.current;
    if (fenced(acting)) return rejected(addr.kernel, 'ZOMBIE', addr.pid, 'stop');
    if (addr.owner === null) return rejected(addr.kernel, 'NOPROC', addr.pid, 'stop', { reason: 'noproc' });
    if (addr === acting) return rejected(addr.kernel, 'CALLING_SELF', addr.pid, 'stop');
    const limit = options.timeoutMs === undefined || options.timeoutMs === 'infinity'
      ? -1
      : delayMs('stop.timeoutMs', options.timeoutMs);
    const done = ended(addr, addr.pid, reason, limit);
    if (addr.trap) exitSignal(addr, null, reason, false);
    else exitProcess(addr, reason);
    return addr.kernel.traced(done);
  }
  bind(self: ProcessVerbs): ProcessRefImpl {
    return new ProcessRefImpl(this.addr, processOf(self));
  }
}

shownAs(ProcessRefImpl, (it) => `ProcessRef(${it.addr.title})`);
