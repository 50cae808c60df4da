import { goesOn } from '../story.js';
import { type Variant, Witness } from '../variant.js';
import { DAYS_A_LIFE, kindOf, POLICIES } from './times.js';

interface Told {
  readonly ids: readonly number[];
  readonly came: readonly number[];
  readonly times: Readonly<Record<string, number>>;
}

class ScheduleWitness extends Witness {
  private readonly at = new Map<number, number>();
  private readonly cancelling = new Set<number>();
  private readonly cancelled = new Set<number>();
  private readonly jobs = new Set<number>();
  private readonly runs = new Map<string, number>();
  private state: Told = { ids: [], came: [], times: {} };

  protected override note(word: string, about: number & string, more?: unknown): boolean {
    if (word === 'I') this.at.set(about, more as number);
    return super.note(word, about);
  }

  /** functions are made again in each life */
  override get again(): readonly number[] {
    return [...this.intended].filter((id) => kindOf(id) === 'job' && !this.jobs.has(id));
  }

  protected told(word: string, about: readonly unknown[]): void {
    const id = about[0] as number;
    switch (word) {
      case 'T': this.saw(about[0] as Told); break;
      case 'F':
        if (this.jobs.has(id)) this.faults.duplicated.push(`the function ${id}`);
        this.jobs.add(id);
        this.done.add(id);
        break;
      case 'x': this.cancelling.add(id); break;
      case 'X': this.cancelled.add(id); break;
      case 'runs': this.runs.set(about[0] as string, about[1] as number); break;
      default: this.problems.push(`an unknown word ${word}`);
    }
  }

  private saw(now: Told): void {
    if (!goesOn(this.state.ids, now.ids)) this.faults.behind.push('the agent: not what it was');
    this.effects('the agent', now.ids, []);
    now.ids.forEach((id, place) => {
      if ((now.came[place] as number) < (this.at.get(id) ?? 0)) this.faults.wrong.push(`${id} came early`);
      if (this.cancelled.has(id)) this.faults.resurrected.push(`${id} was cancelled`);
      this.done.add(id);
    });
    for (const policy of POLICIES) {
      const times = now.times[policy] ?? 0;
      const most = { skip: 0, once: this.lives, all: this.lives * DAYS_A_LIFE }[policy];
      if (times > most) this.faults.duplicated.push(`${policy}: ${times} times, and ${most} were due`);
      if (times < (this.state.times[policy] ?? 0)) this.faults.behind.push(`${policy}: ${times}`);
    }
    this.state = now;
  }

  override get figures(): Readonly<Record<string, number>> {
    const { all = 0, once = 0 } = this.state.times;
    return { madeUp: all + once, functions: this.jobs.size, cancelled: this.cancelled.size };
  }

  close(): void {
    const there = new Set(this.state.ids);
    for (const id of this.accepted) {
      const over = there.has(id) || this.cancelling.has(id) || kindOf(id) === 'job';
      if (!over) this.faults.lost.push(`${id} was accepted`);
    }
    for (const policy of POLICIES) {
      const times = this.state.times[policy] ?? 0;
      const begun = this.runs.get(policy) ?? 0;
      if (times > begun) this.faults.duplicated.push(`${policy}: ${times} effects of ${begun} times`);
      if (times < begun) this.faults.lost.push(`${policy}: ${times} effects of ${begun} times`);
    }
    const { all = 0, once = 0 } = this.state.times;
    if (all < this.lives * DAYS_A_LIFE) this.faults.lost.push(`${this.lives * DAYS_A_LIFE - all} times of 'all'`);
    if (once === 0) this.faults.lost.push("the times of 'once'");
  }
}

export const scheduleVariant: Variant = {
  name: 'schedules', promise: 'each moment accepted once, missed times by their policy, a function at most once',
  wanted: ['madeUp', 'functions'],
  witness: () => new ScheduleWitness(),
};
