import { OptionError } from '../../base/index.js';
import type { Mail, NameCell, Process } from '../../process/record/index.js';
import { Via } from '../../api/address.js';

const SEGMENT = /^[A-Za-z0-9_-]{1,128}$/;
const NAME_MAX = 512;
const RESERVED: ReadonlySet<string> =
  new Set(['undefined', 'null', '__proto__', 'constructor', 'prototype', 'infinity']);
/**
 * unowned cells are swept to weak references when there are at least so many, and at least as many
 * as owned ones
 */
const SWEEP_MIN = 1_024;

/** A registered name's cell: who has it, and what waits for its next owner. */
export class Cell implements NameCell {
  owner: Process | null = null;
  mail: Mail | null = null;
  /** starts an owner when there is none; null for a plain name */
  activator: Activator | null = null;
  /** who waits for its next owner, each told once; they keep the cell alive */
  private awaited: Set<Awaiting> | null = null;
  constructor(readonly name: string) {}

  await(one: Awaiting): void {
    (this.awaited ??= new Set()).add(one);
  }

  forget(one: Awaiting): void {
    this.awaited?.delete(one);
  }

  arrived(p: Process): void {
    if (this.mail !== null) this.mail.arrived(p);
    const { awaited } = this;
    if (awaited === null) return;
    this.awaited = null;
    for (const one of awaited) one.arrived();
  }
}

/** Port of addresses: starts somebody under a name that nobody has. */
export interface Activator {
  /** the run-time definition of whom it starts */
  readonly definition: unknown;
  /** something waits there for an owner: it starts one, now or later, and never within this call */
  wanted(cell: Cell): void;
}

/** Who waits until somebody has a name: it is told while that one starts, and does nothing yet but note it. */
export interface Awaiting {
  arrived(): void;
}

/**
 * Checks a registered name where it enters (P39): segments of letters, digits, `_` and `-`, joined
 * by `.`, `:` or `/`.
 */
export function checkName(where: string, name: unknown): string {
  if (typeof name === 'string' && name.length <= NAME_MAX && !RESERVED.has(name)
    && name.split(/[.:/]/).every((part) => SEGMENT.test(part))) return name;
  throw new OptionError(
    where, name,
    `a name of segments [A-Za-z0-9_-]{1,128} joined by '.', ':' or '/', at most ${NAME_MAX} characters, not one of ${[
      ...RESERVED,
    ].join(', ')}`,
    'replace other characters, for example by -', 'BAD_NAME',
  );
}

/** The same for a name that a start takes, which may be one in another registry. */
export function checkStartName(where: string, name: unknown): string | Via {
  return name instanceof Via ? name : checkName(where, name);
}

/**
 * The registered names of one system. A name's cell lives as long as somebody owns it or holds a
 * ref by that name, so a ref survives restarts, and resolution at every use is one field read
 * (RG-04).
 */
export class Names {
  /** the name looked up last and its cell: senders repeat themselves, and a Map costs a call */
  lastName = '';
  lastCell: Cell = new Cell('');
  private readonly cells = new Map<string, Cell | WeakRef<Cell>>();
  private owned = 0;
  /** so many unowned cells, and they are swept */
  private sweepAt = SWEEP_MIN;

  /** names may not look like this system's pids */
  constructor(private readonly pidPrefix: string) {}

  /** The cell of a name, owned or not. */
  cell(name: string): Cell {
    const found = this.cells.get(name);
    const cell = found instanceof WeakRef ? found.deref() : found;
    if (cell !== undefined) return this.remember(cell);
    const made = new Cell(name);
    this.cells.set(name, made);
    this.sweep();
    return this.remember(made);
  }

  private remember(cell: Cell): Cell {
    this.lastName = cell.name;
    this.lastCell = cell;
    return cell;
  }

  /** The names that nobody has, of which somebody holds the cell. Costs a look at each name. */
  vacant(): Cell[] {
    return [...this.cells.values()].flatMap((found) => (found instanceof WeakRef ? found.deref() ?? [] : found))
      .filter(({ owner }) => owner === null);
  }

  whereis(name: string): Process | null {
    const found = this.cells.get(name);
    const cell = found instanceof WeakRef ? found.deref() : found;
    return cell?.owner ?? null;
  }

  /** Takes a name for a living process, or says who has it. One name per process (RG-01). */
  register(name: string, p: Process): Process | null {
    if (p.name !== null) {
      throw new OptionError(
        'name', name, `a process without a name (it is '${p.name.name}')`, 'unregister it first',
      );
    }
    if (name.startsWith(this.pidPrefix)) {
      throw new OptionError(
        'name', name, `a name that does not begin like a pid (${this.pidPrefix})`, 'choose another', 'BAD_NAME',
      );
    }
    const cell = this.cell(name);
    if (cell.owner !== null) return cell.owner;
    if (p.owner === null) {
      throw new OptionError('name', name, 'a living process', 'register it before it ends', 'NOPROC');
    }
    cell.owner = p;
    p.turnedOver();
    p.name = cell;
    this.cells.set(name, cell);
    this.owned++;
    cell.arrived(p);
    return null;
  }

  /** The exit hook: a dead process's name is free before anybody hears of the death (PR-16, RG-03). */
  readonly release = (p: Process): void => {
    const cell = p.name;
    if (cell === null || cell.owner !== p) return;
    cell.owner = null;
    p.turnedOver();
    this.owned--;
    if (cell instanceof Cell && cell.mail !== null) cell.mail.left();
  };

  unregister(name: string): void {
    const p = this.whereis(name);
    if (p === null) {
      throw new OptionError('name', name, 'a registered name', 'see system.registered()', 'NOT_REGISTERED');
    }
    this.release(p);
    p.name = null;
  }

  registered(): string[] {
    const names: string[] = [];
    for (const [name, cell] of this.cells) if (!(cell instanceof WeakRef)
      && cell.owner !== null) names.push(name);
    return names;
  }

  // Amortised: a cell that nobody owns is held weakly, and forgotten once its last ref is
  // collected. Messages that wait hold their cell, and whoever registers the name holds it as long
  // as anything is remembered.
  private sweep(): void {
    const unowned = this.cells.size - this.owned;
    if (unowned < this.sweepAt || unowned < this.owned) return;
    for (const [name, cell] of this.cells) {
      if (cell instanceof WeakRef) {
        if (cell.deref() === undefined) this.cells.delete(name);
      } else if (cell.owner === null && (cell.mail === null || cell.mail.idle)) {
        this.cells.set(name, new WeakRef(cell));
      }
    }
    this.sweepAt = Math.max(SWEEP_MIN, 2 * (this.cells.size - this.owned));
  }
}
