import { afterEach, expect } from 'vitest';
import { createSystem, defineAgent, type System, type SystemOptions } from '../../../src/index.js';
import { type Batch, type Store, StoreError, type StoreSource, type Table } from '../../../src/journal/port/index.js';
import { Random } from '../../../src/testing/index.js';
import { Disk } from '../../sim/store/disk.js';
import { expectConserved } from '../../support/system.js';

export const EXACTLY = { guarantee: 'exactly-once' } as const;

/** Keeps what it was told; says what it is asked to say. */
export const Log = defineAgent({
  name: 'log',
  durable: true,
  init: () => ({ lines: [] as string[] }),
  calls: { lines: (self) => self.state.lines.join(' ') },
  casts: { add(self, line: string) { self.state.lines.push(line); } },
});

/** A disk whose writes wait, or fail, when a test says so; what is on it outlives its systems. */
export class TestDisk {
  private readonly disk = new Disk(new Random(1), { latencyMsMax: 0 });
  private readonly waiting: (() => void)[] = [];
  private held = false;
  private broken = false;
  /** rows of one stream that were read with their bodies: `log: 2 after 0` */
  readonly reads: string[] = [];

  connect(): StoreSource {
    const store = (this.disk.connect() as StoreSource & { connect(): Store }).connect();
    const write = store.write.bind(store);
    store.write = async (batch: Batch) => {
      if (this.held) {
        await new Promise<void>((resolve) => {
          this.waiting.push(resolve);
        });
      }
      if (this.broken) throw new StoreError('STORE_FAILED', 'EIO: broken by the test');
      await write(batch);
    };
    const rows = store.rows.bind(store);
    store.rows = (table, stream, after, limit, bodies) => {
      if (bodies && stream !== null) this.reads.push(`${stream}: ${limit} after ${after}`);
      return rows(table, stream, after, limit, bodies);
    };
    return { kind: 'test', connect: () => store };
  }

  /** A bit of that row has changed, between two lives. */
  rot(seq: number, table: 'message' | 'item' = 'message'): void {
    const [row] = this.disk.image.rows(table, null, seq - 1, 1, true);
    if (row?.seq !== seq) throw new Error(`there is no ${table} ${seq}`);
    const body = row.body.slice();
    body[body.length - 1] = (body.at(-1) as number) ^ 1;
    this.disk.edit((to) => {
      to.remove(table, seq);
      to.append(table, seq, row.stream, body);
    });
  }

  /** A row of a table, by its place, has a wrong bit, or is gone. */
  spoil(table: Table, at: number, how: 'rot' | 'remove'): void {
    const row = this.disk.image.rows(table, null, 0, at + 1, true)[at];
    if (row === undefined) throw new Error(`there is no row ${at} in ${table}`);
    const body = row.body.slice();
    body[body.length - 1] = (body.at(-1) as number) ^ 1;
    this.disk.edit((to) => {
      to.remove(table, row.seq);
      if (how === 'rot') to.append(table, row.seq, row.stream, body);
    });
  }

  /** From now on nothing is written. */
  hold(): void {
    this.held = true;
  }
  release(): void {
    this.held = false;
    for (const go of this.waiting.splice(0)) go();
  }
  /** What waits, and all that comes, fails. */
  fail(): void {
    this.broken = true;
    this.release();
  }
  /** The program dies: what waits is never written. */
  crash(): void {
    this.disk.crash();
    this.waiting.length = 0;
    this.held = this.broken = false;
  }
}

const open: System[] = [];

/** A system on that disk; it is stopped after the test, and its account is checked. */
export function lifeOn(disk: TestDisk, options: SystemOptions = {}): System {
  const system = createSystem({ store: disk.connect(), logger: false, ...options });
  system.done.catch(() => undefined);
  open.push(system);
  return system;
}

/** The program of that system dies. */
export function dies(system: System, disk: TestDisk): void {
  open.splice(open.indexOf(system), 1);
  disk.crash();
  void system.stop();
}

afterEach(async () => {
  for (const system of open.splice(0).reverse()) {
    expectConserved(system.stats());
    await system.stop({ timeoutMs: 2_000 });
    expectConserved(system.stats());
    expect(system.stats()).toMatchObject({ processes: 0, queued: 0, running: 0, held: 0 });
  }
});
