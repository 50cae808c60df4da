import { Ring } from '../../base/index.js';
import type { Holding, Process } from '../../process/record/index.js';
import { hold, letGo } from './holdings.js';

/** Why somebody who waited for a lock will not get it. */
export type NoLock = 'owner ended' | 'registry ended';

/** One process's turn at one lock: it waits, has the lock, or is over. */
export class Turn {
  over = false;
  /** what it has the lock for has started */
  begun = false;
  constructor(
    readonly p: Process,
    readonly key: unknown,
    readonly granted: () => void,
    readonly failed: (why: NoLock) => void,
  ) {}
}

class Lock {
  readonly waiting = new Ring<Turn>();
  constructor(public holder: Turn) {}
}

/**
 * Mutual exclusion by key, first come, first served; a turn ends by `end`, or with the life of its
 * process (RY-14).
 */
export class Locks implements Holding {
  private readonly locks = new Map<unknown, Lock>();
  private readonly turns = new Map<Process, Set<Turn>>();

  /** Asks for a lock in the name of a living process. `granted` is called at once when it is free. */
  take(p: Process, key: unknown, granted: () => void, failed: (why: NoLock) => void): Turn {
    const turn = new Turn(p, key, granted, failed);
    let own = this.turns.get(p);
    if (own === undefined) {
      this.turns.set(p, (own = new Set()));
      hold(p, this);
    }
    own.add(turn);
    const lock = this.locks.get(key);
    if (lock !== undefined) {
      lock.waiting.push(turn);
    } else {
      this.locks.set(key, new Lock(turn));
      granted();
    }
    return turn;
  }

  /** Gives the lock to the next one who waits and still lives. */
  end(turn: Turn): void {
    if (turn.over) return;
    turn.over = true;
    const own = this.turns.get(turn.p);
    own?.delete(turn);
    if (own?.size === 0) {
      this.turns.delete(turn.p);
      letGo(turn.p, this);
    }
    this.pass(turn);
  }

  release(p: Process): void {
    const own = this.turns.get(p);
    if (own === undefined) return;
    this.turns.delete(p);
    for (const turn of own) turn.over = true; // all of them first: none of its own turns is next
    for (const turn of own) {
      turn.failed('owner ended');
      this.pass(turn);
    }
  }

  /** The registry has ended: nobody waits any longer. */
  close(): void {
    for (const [p, own] of this.turns) {
      letGo(p, this);
      for (const turn of own) {
        if (!turn.begun) turn.failed('registry ended');
        turn.over = true;
      }
    }
    this.turns.clear();
    this.locks.clear();
  }

  private pass(turn: Turn): void {
    const lock = this.locks.get(turn.key);
    if (lock?.holder !== turn) return;
    while (lock.waiting.size > 0) {
      const next = lock.waiting.shift();
      if (next.over) continue;
      lock.holder = next;
      next.granted();
      return;
    }
    this.locks.delete(turn.key);
  }
}
