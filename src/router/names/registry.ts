import type { Holding, Process } from '../../process/record/index.js';
import { link, unlink } from '../../process/signal/index.js';
import { Locks } from './locks.js';
import { hold, letGo } from './holdings.js';

/** One registration: a process has a key, with a value. */
export class Entry {
  constructor(
    readonly key: unknown,
    readonly p: Process,
    public value: unknown,
  ) {}
}

/**
 * The entries of one registry, by key and by owner. Keys are compared as a Map compares them:
 * SameValueZero (RY-08). An owner is linked to the registry's process while it has entries (RY-13),
 * and its entries go in the exit hook, before anybody hears of its death (RY-05).
 */
export class RegistryTable implements Holding {
  readonly locks: Locks = new Locks();
  readonly meta: Map<unknown, unknown> = new Map();
  size = 0;
  // One entry of a key is the common case: it is held without a Set.
  private readonly byKey = new Map<unknown, Entry | Set<Entry>>();
  private readonly byOwner = new Map<Process, Set<Entry>>();
  constructor(
    /** the registry's own process */
    readonly process: Process,
    readonly unique: boolean,
  ) {
    hold(process, this);
  }

  /** Registers a living process; tells who has the key when it is unique and taken (RY-01, RY-02). */
  add(p: Process, key: unknown, value: unknown): Process | null {
    const there = this.byKey.get(key);
    if (this.unique && there instanceof Entry) {
      if (there.p.owner !== null) return there.p;
      this.release(there.p); // RY-04: it is ending this moment, its own hook has not come yet
    }
    const entry = new Entry(key, p, value);
    const present = this.byKey.get(key);
    if (present === undefined) this.byKey.set(key, entry);
    else if (present instanceof Set) present.add(entry);
    else this.byKey.set(key, new Set([present, entry]));
    let owned = this.byOwner.get(p);
    if (owned === undefined) {
      this.byOwner.set(p, (owned = new Set()));
      hold(p, this);
      link(p, this.process);
    }
    owned.add(entry);
    this.size++;
    return null;
  }

  /** The entries of a key in the order of registration; those of an ending process are not seen. */
  at(key: unknown): Entry[] {
    const there = this.byKey.get(key);
    if (there === undefined) return [];
    return (there instanceof Set ? [...there] : [there]).filter(lives);
  }

  owned(p: Process): Entry[] {
    return [...(this.byOwner.get(p) ?? [])].filter(lives);
  }

  all(): Entry[] {
    const found: Entry[] = [];
    for (const there of this.byKey.values()) {
      if (there instanceof Set) for (const entry of there) found.push(entry);
      else found.push(there);
    }
    return found.filter(lives);
  }

  ownerOf(key: unknown): Process | null {
    const there = this.byKey.get(key);
    return there instanceof Entry ? there.p.owner : null;
  }

  /** Removes one entry of a living owner; with its last one goes the link (RY-13). */
  remove(entry: Entry): void {
    const owned = this.byOwner.get(entry.p);
    if (owned === undefined || !owned.delete(entry)) return;
    this.forget(entry);
    if (owned.size > 0) return;
    this.byOwner.delete(entry.p);
    letGo(entry.p, this);
    unlink(entry.p, this.process);
  }

  release(p: Process): void {
    if (p === this.process) this.close();
    const owned = this.byOwner.get(p);
    if (owned === undefined) return;
    this.byOwner.delete(p);
    for (const entry of owned) this.forget(entry);
  }

  private forget(entry: Entry): void {
    const there = this.byKey.get(entry.key);
    if (there instanceof Set) {
      there.delete(entry);
      if (there.size === 0) this.byKey.delete(entry.key);
    } else if (there === entry) this.byKey.delete(entry.key);
    this.size--;
  }

  /** The registry has ended: the links tell its owners, nothing of it is left with them. */
  private close(): void {
    for (const p of this.byOwner.keys()) letGo(p, this);
    this.byOwner.clear();
    this.byKey.clear();
    this.size = 0;
    this.locks.close();
  }
}

const lives = (entry: Entry): boolean => entry.p.owner !== null;
