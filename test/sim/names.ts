import type { Pid, ProcessSelf } from '../../src/index.js';
import {
  anything, defineRegistry, defineScope, GroupChange, RegistryEvent, type GroupWatch,
  type RegistryRef, type ScopeRef,
} from '../../src/behaviour/names/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const KEYS = ['red', 'green', 'blue'] as const;
const ACTORS = 5;
const LISTENER = 'listener';
const Rooms = defineRegistry<string, number>({ name: 'rooms', keys: 'unique', listeners: [LISTENER] });
const Tags = defineRegistry<string, number>({ name: 'tags', keys: 'duplicate' });
const Groups = defineScope<string>({ name: 'groups' });

/** What the model knows of one entry: of a registry, or of a group. */
interface Row {
  readonly key: string;
  readonly pid: Pid;
  value: number;
}

/** A process that owns names, and its self: its verbs act at once, whoever calls them. */
interface Actor {
  readonly self: ProcessSelf;
  readonly watches: { readonly group: string; readonly seen: GroupWatch; readonly pids: Pid[] }[];
}

/** Registries, groups and plain names, beside a model that does the same in the simplest way. */
class Town {
  readonly actors: Actor[] = [];
  private readonly rooms: RegistryRef<string, number>;
  private readonly tags: RegistryRef<string, number>;
  private readonly groups: ScopeRef<string>;
  private roomRows: Row[] = [];
  private tagRows: Row[] = [];
  private members: Row[] = [];
  private named: Row[] = [];
  private readonly told: string[] = [];
  private readonly heard: string[] = [];
  private meta: number | undefined;
  private values = 0;
  constructor(private readonly sim: Simulation) {
    const { system } = sim;
    for (const [definition, name] of [[Rooms, 'rooms'], [Tags, 'tags'], [Groups, 'groups']] as const) {
      system.start(definition, { name });
    }
    this.rooms = system.ref(Rooms);
    this.tags = system.ref(Tags);
    this.groups = system.ref(Groups);
    system.spawn(async (self) => {
      for (;;) {
        const message = await self.receive();
        if (message instanceof RegistryEvent) {
          this.heard.push(`${message.change} ${String(message.key)} ${message.pid} ${String(message.value)}`);
        }
      }
    }, { name: LISTENER });
  }

  born(): void {
    this.sim.system.spawn(async (self) => {
      const actor: Actor = { self, watches: [] };
      this.actors.push(actor);
      for (;;) {
        const message = await self.receive();
        if (!(message instanceof GroupChange)) continue;
        const watch = actor.watches.find(({ seen }) => seen.ref === message.ref);
        this.sim.always(
          watch !== undefined && watch.group === message.group, 'a change is told to its own watch',
        );
        if (message.change === 'join') watch?.pids.push(...message.pids);
        else for (const pid of message.pids) watch?.pids.splice(watch.pids.indexOf(pid), 1);
      }
    });
  }

  lives({ self }: Actor): boolean {
    return this.sim.system.alive(self.pid);
  }

  /** Somebody does something; half of the time somebody who has ended, whose verbs do nothing. */
  act(): void {
    const { random } = this.sim;
    const actor = random.pick(this.actors);
    const key = random.pick(KEYS);
    const living = this.lives(actor);
    switch (random.int(9)) {
      case 0: case 1: this.register(actor, key, living); break;
      case 2: this.unregister(actor, key); break;
      case 3: this.tag(actor, key, living); break;
      case 4: this.untag(actor, key); break;
      case 5: this.join(actor, key, living); break;
      case 6: this.leave(actor, key); break;
      case 7: if (living) this.watch(actor, key); break;
      default: this.name(actor, key, living);
    }
    if (random.chance(0.2)) this.rooms.putMeta('limit', this.meta = random.int(100));
    this.check();
  }

  private attempt<T>(living: boolean, verb: () => T): T | undefined {
    try {
      return verb();
    } catch (error) {
      this.sim.equal(
        living ? String(error) : (error as { code?: string }).code, 'ZOMBIE',
        'only the dead are refused',
      );
      return undefined;
    }
  }

  private register({ self }: Actor, key: string, living: boolean): void {
    const value = ++this.values;
    const owner = this.roomRows.find((row) => row.key === key);
    const got = this.attempt(living, () => this.rooms.register(self, key, value));
    if (got === undefined) return;
    this.sim.equal(got.ok ? 'free' : got.alreadyRegistered, owner === undefined
      ? 'free'
      : owner.pid, 'a key of a unique registry is free or has its one owner (RY-01)');
    if (!got.ok) return;
    this.roomRows.push({ key, pid: self.pid, value });
    this.told.push(`register ${key} ${self.pid} ${value}`);
  }

  private unregister(actor: Actor, key: string): void {
    this.rooms.unregister(actor.self, key);
    for (const { pid, value } of this.roomRows.filter((row) => row.key === key && row.pid === actor.self.pid)) {
      this.told.push(`unregister ${key} ${pid} ${value}`);
    }
    this.roomRows = this.roomRows.filter((row) => row.key !== key || row.pid !== actor.self.pid);
  }

  private tag({ self }: Actor, key: string, living: boolean): void {
    const value = this.sim.random.int(3);
    if (this.attempt(living, () => this.tags.register(self, key, value)) !== undefined) {
      this.tagRows.push({ key, pid: self.pid, value });
    }
  }

  private untag({ self }: Actor, key: string): void {
    const value = this.sim.random.int(3);
    this.tags.unregisterMatch(self, key, value);
    this.tagRows = this.tagRows.filter((row) => row.key !== key || row.pid !== self.pid || row.value !== value);
  }

  private join({ self }: Actor, group: string, living: boolean): void {
    const times = 1 + this.sim.random.int(2);
    this.groups.join(group, Array.from({ length: times }, () => self.pid));
    if (living) for (let n = 0; n < times; n++) this.members.push({ key: group, pid: self.pid, value: 0 });
  }

  private leave({ self }: Actor, group: string): void {
    const at = this.members.findIndex((row) => row.key === group && row.pid === self.pid);
    this.sim.equal(
      this.groups.leave(group, self.pid), at >= 0,
      'leave says whether there was a membership (PG-04)',
    );
    if (at >= 0) this.members.splice(at, 1);
  }

  private watch(actor: Actor, group: string): void {
    const seen = this.groups.monitor(actor.self, group);
    actor.watches.push({ group, seen, pids: [...seen.members] });
  }

  private name({ self }: Actor, name: string, living: boolean): void {
    const { system } = this.sim;
    const owner = this.named.find((row) => row.key === name);
    if (owner !== undefined && this.sim.random.chance(0.5)) {
      system.unregister(name);
      this.named = this.named.filter((row) => row !== owner);
      return;
    }
    const code = attemptCode(() => system.register(name, self));
    const own = this.named.some(({ pid }) => pid === self.pid);
    this.sim.equal(
      code, !living ? 'NOPROC' : own ? 'BAD_OPTION' : owner === undefined ? 'ok' : 'ALREADY_REGISTERED',
      'one name for one living process (RG-01, RG-02)',
    );
    if (code === 'ok') this.named.push({ key: name, pid: self.pid, value: 0 });
  }

  /** Somebody ends; from the next line on nothing of it is seen. */
  kill(): void {
    const { random, system } = this.sim;
    const living = this.actors.filter((one) => this.lives(one));
    if (living.length === 0) return;
    const { pid } = random.pick(living).self;
    system.exit(pid, random.pick(['kill', 'shutdown', 'gone']));
    this.forget(pid);
    this.check();
  }

  forget(pid: Pid): void {
    const others = (row: Row): boolean => row.pid !== pid;
    this.roomRows = this.roomRows.filter(others);
    this.tagRows = this.tagRows.filter(others);
    this.members = this.members.filter(others);
    this.named = this.named.filter(others);
  }

  /** Every read says what the model says (RY-04, RY-05, PG-11, RG-03). */
  private check(): void {
    const { sim } = this;
    const key = sim.random.pick(KEYS);
    const at = (rows: readonly Row[]): Row[] => rows.filter((row) => row.key === key);
    const [room] = at(this.roomRows);
    sim.equal(this.rooms.lookup(key).map(({ pid, value }) => `${pid} ${value}`).join(), room === undefined
      ? ''
      : `${room.pid} ${room.value}`, 'a unique key has its owner and value');
    sim.equal(this.rooms.whereisName(key), room?.pid, 'and its owner is whom the name means (RY-12)');
    sim.equal(
      this.tags.lookup(key).map(({ pid, value }) => `${pid} ${value}`).join(),
      at(this.tagRows).map(({ pid, value }) => `${pid} ${value}`).join(),
      'a duplicate key has its entries in the order of registration (RY-02, RY-03)',
    );
    sim.equal(this.tags.countSelect({
      key: anything, value: 1,
    }), this.tagRows.filter(({ value }) => value === 1)
      .length, 'a pattern finds what fits it (RY-07)');
    sim.equal(
      this.rooms.count() + this.tags.count(), this.roomRows.length + this.tagRows.length,
      'no entry is left or lost',
    );
    sim.equal(
      sorted(this.groups.members(key)), sorted(at(this.members).map(({ pid }) => pid)),
      'a group has its members, as often as they joined (PG-02)',
    );
    sim.equal(sim.system.whereis(key), at(this.named)[0]?.pid, 'a registered name has its owner (RG-03)');
    sim.equal(this.rooms.meta('limit'), this.meta, 'what was put under a meta key is there (RY-15)');
  }

  /** At rest everybody has heard of everything. */
  settled(): void {
    const { sim } = this;
    sim.equal(
      this.heard.join('; '), this.told.join('; '),
      'listeners hear of each explicit change once, in order, and of no death (RY-11)',
    );
    for (const actor of this.actors.filter((one) => this.lives(one))) {
      for (const { group, pids } of actor.watches) {
        sim.equal(
          sorted(pids), sorted(this.groups.members(group)),
          'the changes that a watcher heard make the group as it is (PG-06)',
        );
      }
    }
  }

  /** The registry ends: its owners are linked to it, and nobody else is (RY-13). */
  async closeRooms(): Promise<void> {
    const { sim } = this;
    const living = this.actors.filter((one) => this.lives(one));
    const owners = living.filter(({ self }) => this.roomRows.some(({ pid }) => pid === self.pid));
    sim.system.exit(this.rooms.pid as Pid, 'kill');
    await sim.settle();
    for (const one of living) {
      sim.equal(
        this.lives(one), !owners.includes(one),
        'owners of entries end with their registry, others do not (RY-13)',
      );
    }
  }
}

function attemptCode(verb: () => void): string {
  try {
    verb();
    return 'ok';
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}

function sorted(pids: readonly string[]): string {
  return [...pids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join();
}

async function town(sim: Simulation): Promise<void> {
  const { random } = sim;
  const it = new Town(sim);
  for (let n = 0; n < ACTORS; n++) it.born();
  await sim.settle();
  const steps = 10 + random.int(40);
  for (let n = 0; n < steps; n++) {
    if (random.chance(0.1)) it.kill();
    else it.act();
    if (random.chance(0.05)) it.born();
    if (random.chance(0.2)) await Promise.resolve();
    if (random.chance(0.1)) await sim.sleep(1);
  }
  await sim.settle();
  it.settled();
  if (random.chance(0.5)) await it.closeRooms();
}

/**
 * Locks whose holders and waiters die at any moment: one at a time, first come first served, nobody
 * is forgotten (RY-14).
 */
async function locks(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const Doors = defineRegistry({ name: 'doors', keys: 'unique' });
  system.start(Doors, { name: 'doors' });
  const doors = system.ref(Doors);
  const selves: ProcessSelf[] = [];
  for (let n = 0; n < 6; n++) system.spawn((self) => { selves.push(self); return self.receive(() => false); });
  await sim.settle();
  const lines = new Map<string, { readonly n: number; readonly pid: Pid }[]>(KEYS.map((key) => [key, []]));
  const inside = new Map<string, Pid>();
  const outcomes: (string | undefined)[] = [];
  const asked: { readonly pid: Pid; readonly promise: Promise<unknown> }[] = [];
  const enter = (self: ProcessSelf, key: string): void => {
    const n = asked.length;
    const line = lines.get(key) as { n: number; pid: Pid }[];
    line.push({ n, pid: self.pid });
    const ms = random.int(4);
    const fails = random.chance(0.2);
    const promise = doors.lock(self, key, async () => {
      const holder = inside.get(key);
      sim.always(
        holder === undefined || !system.alive(holder),
        'nobody comes in while a living holder is inside',
      );
      sim.always(system.alive(self.pid), 'the dead do not come in');
      sim.equal(
        line.find(({ pid }) => system.alive(pid))?.n, n,
        'first come, first served, among those who live',
      );
      inside.set(key, self.pid);
      if (ms > 0) await sim.sleep(ms);
      if (!system.alive(self.pid)) return;
      inside.delete(key);
      line.splice(line.findIndex((one) => one.n === n), 1);
      if (fails) throw new Error('failed inside');
    });
    asked.push({ pid: self.pid, promise });
    promise.then(() => { outcomes[n] = 'ran'; }, (error: unknown) => { outcomes[n] = error instanceof Error
      && error.message === 'failed inside' ? 'failed' : String((error as { code?: string }).code); });
  };
  const early = random.chance(0.3);
  for (let n = 0; n < 16; n++) {
    const self = random.pick(selves);
    if (system.alive(self.pid)
      && !asked.some(({ pid }, at) => pid === self.pid && outcomes[at] === undefined)) {
      enter(self, random.pick(KEYS));
    }
    if (random.chance(0.15)) system.exit(random.pick(selves).pid, 'kill');
    for (let microtasks = random.int(3); microtasks > 0; microtasks--) await Promise.resolve();
    if (random.chance(0.2)) await sim.sleep(random.int(3));
  }
  if (early) system.exit(doors.pid as Pid, 'kill');
  await sim.sleep(200);
  for (const [n, { pid }] of asked.entries()) {
    const known = ['ran', 'failed', ...(early ? ['EXIT'] : []), ...(system.alive(pid) ? [] : ['ZOMBIE'])];
    sim.always(
      known.includes(String(outcomes[n])),
      `who asked has had its turn, or hears that there is none: ${String(outcomes[n])}`,
    );
  }
  for (const { pid } of selves) system.exit(pid, 'kill');
}

export const namesSuite: Suite = suite(
  'names',
  'RY, PG, RG: registries, groups, names and locks whose owners end at any moment, beside a model',
  async (
    sim,
  ) => {
    await town(sim);
    await locks(sim);
  },
);
