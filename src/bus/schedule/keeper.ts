// What outlives the program of one durable schedule: its record, which moves on in the transaction in
// which a run is accepted.
import type { Durability } from '../../delivery/durable/index.js';
import { decode, encode } from '../../journal/index.js';
import type { ScheduleMissed, ScheduleOverlap } from '../../api/bus/schedule.js';
import type { StoredSend } from './stored-job.js';

const FORMAT = 1;
/** of a message that is accepted, and of the record, beside the payload */
const ROW_BYTES = 2_048;

/** When a schedule runs, as it was asked for. */
export interface StoredTimes {
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly timeZone: string | null;
  readonly at: number | null;
}

/** The rest of what it was asked for. */
export interface StoredRules {
  readonly jitterMs: number;
  readonly overlap: ScheduleOverlap;
  readonly waitingMax: number;
  readonly missed: ScheduleMissed;
  readonly missedMax: number;
  /** null for no end */
  readonly timesMax: number | null;
}

/** Where it stands; moments are of the wall clock, ms since 1970. */
export interface Standing {
  /** null when no time comes any more */
  readonly dueAt: number | null;
  readonly runs: number;
  readonly waiting: readonly (readonly [at: number, missed: boolean])[];
}

/** A schedule, as its record has it. */
export interface ScheduleRecord extends Standing {
  readonly times: StoredTimes;
  readonly rules: StoredRules;
  /** null for one whose job is no delivery: whoever makes it again gives it */
  readonly send: StoredSend | null;
  /** wall clock, ms since 1970 */
  readonly savedAt: number;
}

type Row = readonly [
  number, StoredTimes, StoredRules, Standing['dueAt'], number, Standing['waiting'], StoredSend | null, number,
];

/** Throws a coded error for what no castcall has written. */
export function decodeSchedule(bytes: Uint8Array): ScheduleRecord {
  const [, times, rules, dueAt, runs, waiting, send, savedAt] = decode(bytes) as Row;
  return { times, rules, dueAt, runs, waiting, send, savedAt };
}

export class Keeper {
  /** of what a run adds to the store */
  readonly bytes: number;
  constructor(
    readonly durability: Durability, readonly name: string, private readonly times: StoredTimes,
    private readonly rules: StoredRules, private readonly send: StoredSend | null,
    /** its job can be done now */
    private readonly ready: () => boolean,
  ) {
    // What cannot be stored is refused here, by its path.
    this.bytes = ROW_BYTES + (send === null ? 0
      : encode(send.payload, 'payload').length + encode(send.options, 'options').length);
  }

  /** What an earlier life, or an earlier schedule of the name, has left, when it has the same times. */
  get record(): ScheduleRecord | null {
    const bytes = this.durability.timers.get(this.name);
    if (bytes === undefined) return null;
    const record = decodeSchedule(bytes);
    return JSON.stringify(record.times) === JSON.stringify(this.times) ? record : null;
  }

  /** No run can begin now: it would be lost. */
  get held(): boolean {
    const { journal } = this.durability;
    if (journal.state !== 'open' || !this.ready()) return true;
    try {
      journal.admit(this.bytes);
      return false;
    } catch {
      return true;
    }
  }

  /** Joins what is added to the store now. */
  save({ dueAt, runs, waiting }: Standing): void {
    const { durability, times, rules, send } = this;
    if (durability.journal.state !== 'open') return; // nothing runs any more
    const row: Row = [FORMAT, times, rules, dueAt, runs, waiting, send, durability.wall()];
    durability.timers.put(this.name, encode(row, `schedule '${this.name}'`));
  }

  drop(): void {
    if (this.durability.journal.state === 'open') this.durability.timers.drop(this.name);
  }
}
