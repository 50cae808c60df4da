import { Mailbox, Totals } from '../../mailbox/index.js';
import { UNBOUNDED } from '../../mailbox/message/index.js';
import { Run } from '../record/index.js';
import type { Kernel, Process } from '../record/index.js';
import type * as contract from '../record/index.js';

/** so many mailboxes in use are added up at every look, whether or not they are at rest */
const SPARE = 1_024;
/** mailboxes that are looked at in one turn of the event loop: at least, and at most */
const LOOKS_MIN = 64;
const LOOKS_MAX = 4_096;

/**
 * The account of all user messages of a system (design §3). Mailboxes at rest (nothing queued,
 * running or waiting there) are a sum, those in use are counted one by one: a look costs what is in
 * use, however many processes there are.
 *
 * A mailbox at rest has the gate of one that has not been opened, so that no send pays for knowing
 * which it is: the first message takes the longer road, through `Process.box`, which puts it in
 * use. It goes to rest in a turn of the event loop that is asked for while more than `SPARE` are in
 * use, when no message has come since an earlier look; so those that have messages all the time
 * stay in use.
 */
export class Accounts implements contract.Accounts {
  private readonly resting = new Totals();
  private readonly used: Process[] = [];
  /** how much each of those had been sent at the latest look */
  private readonly seen: number[] = [];
  private hand = 0;
  private asked = false;
  /** since the latest turn of looks */
  private entered = 0;
  /** looks since the latest that put a mailbox to rest */
  private vain = 0;
  private turnThen = -1;
  constructor(private readonly kernel: Kernel) {}

  /** mailboxes that are counted one by one */
  get inUse(): number {
    return this.used.length;
  }

  /** The mailbox of a process, opened if it has none of its own, and in use unless the process has ended. */
  enter(p: Process): Mailbox {
    if (p.mailbox === Mailbox.unopened) p.mailbox = new Mailbox(-1);
    const box = p.mailbox;
    if (p.run === Run.Dead) return box;
    this.resting.subtract(box);
    box.place = this.used.push(p) - 1;
    this.seen.push(box.sent);
    this.entered++;
    if (box.extra === null || box.extra.pressure === null) box.gate = UNBOUNDED;
    else box.refit();
    if (this.used.length > SPARE) this.ask();
    return box;
  }

  /** Its process has just ended: it is in no account until it is added to the past. */
  leave(p: Process): void {
    const { mailbox: box } = p;
    if (box.place >= 0) this.remove(box.place);
    else if (box !== Mailbox.unopened) this.resting.subtract(box);
  }

  /** Sum over live and past mailboxes and sends that reached none. O(mailboxes in use). */
  totals(): Totals {
    const sum = this.gone();
    sum.addAll(this.resting);
    for (const p of this.used) sum.add(p.mailbox, p.running);
    if (this.used.length > SPARE) this.ask();
    return sum;
  }

  /** The same without what is kept: every mailbox is added up. For checks. O(processes). */
  recount(): Totals {
    const sum = this.gone();
    for (const p of this.kernel.live.list()) sum.add(p.mailbox, p.running);
    return sum;
  }

  /** Puts every mailbox to rest that can be, at once. O(mailboxes in use). */
  settle(): void {
    const { used } = this;
    for (let at = used.length - 1; at >= 0; at--) if (rests(used[at] as Process)) this.rest(at);
  }

  private gone(): Totals {
    const sum = new Totals();
    sum.addAll(this.kernel.past);
    sum.addAll(this.kernel.outside);
    return sum;
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    this.vain = 0;
    this.kernel.env.macrotask(this.turn);
  }

  /** Looks go on, one turn after the other, until few are in use, or two rounds have put none to rest. */
  private readonly turn = (): void => {
    const { used, kernel: { scheduler } } = this;
    this.asked = false;
    const calm = scheduler.turns === this.turnThen && scheduler.size === 0;
    this.turnThen = scheduler.turns;
    const looks = calm ? LOOKS_MAX : Math.min(LOOKS_MAX, LOOKS_MIN + 2 * this.entered);
    this.entered = 0;
    for (let left = Math.min(looks, used.length); left > 0 && used.length > SPARE; left--) this.look();
    const { vain } = this;
    if (used.length <= SPARE || vain > 2 * used.length) return;
    this.ask();
    this.vain = vain;
  };

  private look(): void {
    const { used, seen } = this;
    if (this.hand >= used.length) this.hand = 0;
    const at = this.hand;
    const p = used[at] as Process;
    const { sent } = p.mailbox;
    if (sent !== seen[at] || !rests(p)) {
      seen[at] = sent;
      this.hand = at + 1;
      this.vain++;
      return;
    }
    this.rest(at);
    this.vain = 0;
  }

  private rest(at: number): void {
    const { mailbox: box } = this.used[at] as Process;
    this.remove(at);
    this.resting.add(box, false);
    box.gate = -1;
  }

  private remove(at: number): void {
    const { used, seen } = this;
    (used[at] as Process).mailbox.place = -1;
    const last = used.pop() as Process;
    const sent = seen.pop() as number;
    if (at === used.length) return;
    used[at] = last;
    seen[at] = sent;
    last.mailbox.place = at;
  }
}

/** Whether nothing changes the counters of a process before something enters its mailbox. */
function rests(p: Process): boolean {
  return p.run === Run.Idle && p.op === null && p.mailbox.idle;
}
