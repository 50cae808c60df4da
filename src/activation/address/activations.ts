import { disown, OptionError } from '../../base/index.js';
import { type Host, type RuntimeDefinition, runtimeOf } from '../../behaviour/gen/index.js';
import { deadLetterWaiting, Destination } from '../../delivery/guarantee/index.js';
import type { Process } from '../../process/record/index.js';
import { Cell } from '../../router/names/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { PASSIVATED } from '../passivation/index.js';
import { Activation, type Rest } from './activation.js';
import { readActivate } from './options.js';
import { checkAddress } from './path.js';
import { AddressRecords } from './records.js';
import type { AddressRefImpl } from './ref.js';

/** The addresses of one system. */
export class Activations implements Rest {
  readonly records: AddressRecords;
  private readonly byDefinition = new Map<RuntimeDefinition, Activation>();
  constructor(readonly host: Host) {
    this.records = new AddressRecords(host);
    host.kernel.heir = (p) => this.heirOf(p);
  }

  /** Who gets what was on its way to an agent that was passivated meanwhile. */
  private heirOf(p: Process): Process | null {
    const { name, behaviour } = p;
    if (!(name instanceof Cell) || !(name.activator instanceof Activation)) return null;
    // it has ended, or its terminate runs and its name is free
    if (p.owner === null ? p.reason !== PASSIVATED : name.owner === p) return null;
    if (name.owner === null) name.activator.wake(name);
    return name.owner?.behaviour === behaviour ? name.owner : null;
  }

  /** Errors: an OptionError; `ALREADY_ACTIVATED` for a definition that has been registered before. */
  activate(given: AnyDefinition, options: object): Activation {
    const definition = runtimeOf(given);
    if (this.byDefinition.has(definition)) {
      throw new OptionError(
        'activate', definition.name, 'a definition that has no addresses yet',
        'register it once, before its first address is used', 'ALREADY_ACTIVATED',
      );
    }
    const made = new Activation(this.host, readActivate('activate', definition, options), this);
    this.byDefinition.set(definition, made);
    if (made.plan.wakeAtStart) disown(this.wakeOf(made), (error) => this.host.kernel.warn(
      'addresses could not be woken at the start', { definition: definition.name, error },
    ));
    return made;
  }

  /** Errors: an OptionError `BAD_ADDRESS`; `ADDRESS_TAKEN` for one that belongs to another definition. */
  address(sender: Process | null, given: AnyDefinition, at: unknown): AddressRefImpl {
    const definition = runtimeOf(given);
    const path = checkAddress('address', at);
    const activation = this.byDefinition.get(definition) ?? this.activate(definition as AnyDefinition, {});
    return activation.ref(sender, path);
  }

  residents(): { readonly path: string; readonly p: Process; readonly activation: Activation }[] {
    const found: { readonly path: string; readonly p: Process; readonly activation: Activation }[] = [];
    for (const activation of this.byDefinition.values()) {
      for (const [path, { p }] of activation.residents) if (p !== null) found.push({ path, p, activation });
    }
    return found;
  }

  private async wakeOf({ plan: { definition: { name } } }: Activation): Promise<void> {
    await this.records.ready();
    for (const path of this.records.waiting()) if (this.records.known.get(path) === name) await this.wakeUp(path);
  }

  /** Starts who has messages and does not live; over when its init is, also one that is under way. */
  async wakeUp(path: string): Promise<Woken> {
    const { names } = this.host.router;
    const cell = names.cell(path);
    const starting = cell.activator instanceof Activation ? cell.activator.starting(path) : null;
    if (starting === null && cell.owner !== null) return { result: 'resident', reason: undefined };
    const definition = this.records.known.get(path);
    const activation = cell.activator instanceof Activation ? cell.activator : this.named(definition);
    if (activation === undefined) return { result: 'unknown', reason: notActivated(path, definition) };
    activation.ref(null, path);
    const failure = await (starting ?? activation.started(cell));
    return failure === null ? { result: 'woken', reason: undefined } : { result: 'failed', reason: failure.reason };
  }

  /** The name of its definition, as far as this life knows. */
  definitionAt(path: string): string | undefined {
    const { activator } = this.host.router.names.cell(path);
    return activator instanceof Activation ? activator.plan.definition.name : this.records.known.get(path);
  }

  private named(definition: string | undefined): Activation | undefined {
    return [...this.byDefinition.values()].find(({ plan }) => plan.definition.name === definition);
  }

  claim(path: string, definition: RuntimeDefinition): Promise<void> | null {
    return this.records.claim(path, definition);
  }

  /** A definition that has addresses, by its name; null when none has, or several. */
  definitionNamed(name: string): RuntimeDefinition | null {
    const found = [...this.byDefinition.keys()].filter((definition) => definition.name === name);
    return found.length === 1 ? (found[0] ?? null) : null;
  }

  waits({ mail }: Cell): boolean {
    return mail instanceof Destination && (mail.waiting.due || mail.recovered !== null);
  }

  /** Addresses with messages and nobody there: of earlier lives, and those of this one that were only enqueued. */
  written(): readonly string[] {
    const found = new Set(this.records.waiting());
    for (const cell of this.host.router.names.vacant()) {
      if (cell.activator instanceof Activation && this.waits(cell)) found.add(cell.name);
    }
    return [...found];
  }

  gaveUp({ mail }: Cell, reason: unknown): void {
    if (mail instanceof Destination) deadLetterWaiting(mail, reason);
  }
}

/** What became of an address that was to be woken. */
export interface Woken {
  readonly result: 'woken' | 'resident' | 'failed' | 'unknown';
  readonly reason: unknown;
}

/** For an address whose definition nobody has registered in this life. */
export function notActivated(path: string, definition: string | undefined): OptionError {
  return new OptionError(
    'deliverAll', path, 'an address whose definition is registered', definition === undefined
      ? 'use system.address(Definition, address) for it' : `system.activate(${definition}) in each life of the program`,
    'NOT_ACTIVATED',
  );
}
