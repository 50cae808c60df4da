import { OptionError } from '../../base/index.js';
import { isOfThisCopy, Line } from '../../base/text/index.js';
import type { Standing } from '../../base/text/index.js';
import { AgentRefImpl } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { RefBase, ViaRefImpl } from '../../behaviour/gen/request/index.js';
import { Process } from '../../process/record/index.js';
import type { Address, Kernel } from '../../process/record/index.js';
import { findCycle } from '../../router/request/index.js';
import type { ServiceDefinitionImpl } from './definition.js';

/** One incarnation of a worker, or a group of them, and what it has to do. */
export class Seat implements Standing<Seat> {
  prior: Seat | null = null;
  next: Seat | null = null;
  running = 0;
  /** the line that it stands in while it has room */
  line: Line<Seat> | null = null;
  /** it gets nothing more: it has left, or has ended */
  closed = false;
  constructor(
    readonly member: Member,
    /** null for a group, whose members come and go */
    readonly p: Process | null,
  ) {}

  get ref(): RefBase {
    return this.member.ref;
  }

  get dead(): boolean {
    return this.p !== null && (this.p.owner === null || this.ref.addr.owner !== this.p);
  }
}

/** Who was given as a worker: by name, it has one incarnation after the other. */
class Member {
  seat: Seat | null = null;
  /** it was asked in vain, and is asked again a little later */
  paused = false;
  constructor(
    readonly ref: RefBase,
    readonly single: boolean,
  ) {}

  get mayReturn(): boolean {
    return !(this.ref.addr instanceof Process);
  }
}

/** The workers of one service, by how busy they are: the least busy that has room is at hand. */
export class Seats {
  /** with room */
  free = 0;
  living = 0;
  /** why the last one that ended did */
  lastReason: unknown = undefined;
  private readonly members = new Map<Address, Member>();
  /** those without a seat */
  private readonly absent = new Set<Member>();
  /** by the number of requests that they have */
  private readonly lines: Line<Seat>[] = [];
  constructor(
    private readonly kernel: Kernel,
    private readonly definition: ServiceDefinitionImpl,
    public concurrency: number,
  ) {}

  /* ---- members ---- */

  join(given: unknown): boolean {
    const ref = checkWorker('service.join', given, this.kernel, this.definition);
    if (this.members.has(ref.addr)) return false;
    const member = new Member(ref, ref instanceof AgentRefImpl || ref instanceof ViaRefImpl);
    if (!member.mayReturn && ref.addr.owner === null) return false;
    this.members.set(ref.addr, member);
    this.absent.add(member);
    this.recall();
    return true;
  }

  leave(given: unknown): boolean {
    const addr = (given as Partial<RefBase> | null | undefined)?.addr;
    const member = addr === undefined ? undefined : this.members.get(addr);
    if (addr === undefined || member === undefined) return false;
    this.members.delete(addr);
    this.absent.delete(member);
    if (member.seat !== null) this.close(member.seat);
    return true;
  }

  /** What that worker has; undefined for none. */
  seatOf(ref: RefBase): Seat | null | undefined {
    return this.members.get(ref.addr)?.seat;
  }

  /** Whether one that is not there may come. */
  get awaited(): boolean {
    return this.absent.size > 0;
  }

  /** Looks again for those that were not there. */
  recall(again: boolean = false): void {
    for (const member of this.absent) {
      if (again) member.paused = false;
      const { ref, single } = member;
      const p = single ? ref.addr.owner : null;
      if (member.paused || (single && (p === null || p.behaviour !== ref.definition.behaviour))) continue;
      this.absent.delete(member);
      member.seat = new Seat(member, p);
      this.living++;
      this.stand(member.seat);
    }
  }

  /** Drops those that have ended without work. O(workers); for figures. */
  sweep(): void {
    for (const { seat } of this.members.values()) if (seat !== null && seat.dead) this.drop(seat);
  }

  get places(): number {
    return this.living * this.concurrency;
  }

  get taken(): number {
    let sum = 0;
    for (const { seat } of this.members.values()) if (seat !== null) sum += seat.running;
    return sum;
  }

  /* ---- places ---- */

  /** The least busy one with room, that does not wait for `caller`; null when there is none. */
  pick(caller: Process | null): Seat | null {
    if (this.absent.size > 0) this.recall();
    for (let n = 0; this.free > 0 && n < this.lines.length; n++) {
      for (let seat = (this.lines[n] as Line<Seat>).first; seat !== null;) {
        const { next, p } = seat;
        if (seat.dead) this.drop(seat);
        else if (caller === null || p === null || (p !== caller && findCycle(caller, p) === null)) return seat;
        seat = next;
      }
    }
    return null;
  }

  take(seat: Seat): void {
    this.step(seat, 1);
  }

  /** @param ended why its worker has, when that is how it comes back: the worker itself cannot tell yet */
  give(seat: Seat, ended: { readonly reason: unknown } | null): void {
    this.step(seat, -1);
    if (!seat.closed && seat.dead) this.drop(seat, ended);
  }

  /** It has just taken nothing: it is asked again a little later. */
  pause(seat: Seat): void {
    if (seat.closed) return;
    seat.member.paused = true;
    this.drop(seat);
  }

  private step(seat: Seat, by: 1 | -1): void {
    this.unline(seat);
    seat.running += by;
    if (!seat.closed && seat.running < this.concurrency) this.stand(seat);
  }

  private stand(seat: Seat): void {
    const line = (this.lines[seat.running] ??= new Line());
    for (let n = seat.running - 1; n >= 0 && this.lines[n] === undefined; n--) this.lines[n] = new Line();
    seat.line = line;
    line.push(seat);
    this.free++;
  }

  private unline(seat: Seat): void {
    if (seat.line === null) return;
    seat.line.remove(seat);
    seat.line = null;
    this.free--;
  }

  private close(seat: Seat): void {
    if (seat.closed) return;
    seat.closed = true;
    seat.member.seat = null;
    this.unline(seat);
    this.living--;
  }

  /** It is not there any more; by name another may come. */
  private drop(seat: Seat, ended: { readonly reason: unknown } | null = null): void {
    const { member, p } = seat;
    this.close(seat);
    if (p !== null && p.owner === null) this.lastReason = (ended ?? p).reason;
    if (this.members.get(member.ref.addr) !== member) return;
    if (member.mayReturn) this.absent.add(member);
    else if (p !== null && p.owner === null) this.members.delete(member.ref.addr);
    else this.absent.add(member);
  }
}

/** Refuses what is no ref of an agent that serves all operations. */
export function checkWorker(
  where: string, given: unknown, kernel: Kernel, definition: ServiceDefinitionImpl,
): RefBase {
  if (!isOfThisCopy(given) || !(given instanceof RefBase) || given.kernel !== kernel) {
    throw new OptionError(
      where, given, 'a ref of an agent, a pool or a balancer of this system',
      'make it with system.ref(Definition, name)',
    );
  }
  checkServes(where, given.definition, definition);
  return given.sender === null ? given : given.sentBy(null);
}

/** Types say the same; who works without them is told here. */
export function checkServes(where: string, { calls, name }: RuntimeDefinition, service: ServiceDefinitionImpl): void {
  for (const { name: op, stream } of service.table.values()) {
    const call = calls.get(op);
    if (call !== undefined && call.stream === stream) continue;
    throw new OptionError(
      where, name, `an agent with the ${stream ? 'stream' : 'call'} '${op}', as service '${service.name}' asks for it`,
      stream ? 'an async * handler is a stream' : undefined, 'UNKNOWN_OPERATION',
    );
  }
}
