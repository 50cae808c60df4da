import { OptionError } from '../../base/index.js';
import { type Host, type RuntimeDefinition, runtimeOf } from '../../behaviour/gen/index.js';
import { deadLetterWaiting, Destination } from '../../delivery/guarantee/index.js';
import type { Process } from '../../process/record/index.js';
import { Cell } from '../../router/names/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { PASSIVATED } from '../passivation/index.js';
import { Activation, type Rest } from './activation.js';
import { readActivate } from './options.js';
import { checkAddress } from './path.js';
import { AddressRefImpl } from './ref.js';

/** The addresses of one system. */
export class Activations implements Rest {
  private readonly byDefinition = new Map<RuntimeDefinition, Activation>();
  constructor(readonly host: Host) {
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
    return made;
  }

  /** Errors: an OptionError `BAD_ADDRESS`; `ADDRESS_TAKEN` for one that belongs to another definition. */
  address(sender: Process | null, given: AnyDefinition, at: unknown): AddressRefImpl {
    const definition = runtimeOf(given);
    const path = checkAddress('address', at);
    const activation = this.byDefinition.get(definition) ?? this.activate(definition as AnyDefinition, {});
    const cell = this.host.router.names.cell(path);
    if (cell.activator === null) cell.activator = activation;
    else if (cell.activator !== activation) throw taken(path, cell.activator as Activation);
    return new AddressRefImpl(cell, definition, this.host.kernel, sender, activation);
  }

  waits({ mail }: Cell): boolean {
    return mail instanceof Destination && (!mail.waiting.empty || mail.recovered !== null);
  }

  gaveUp({ mail }: Cell, reason: unknown): void {
    if (mail instanceof Destination) deadLetterWaiting(mail, reason);
  }
}

function taken(path: string, { plan }: Activation): OptionError {
  return new OptionError(
    'address', path, `an address of '${plan.definition.name}'`, 'one address, one definition: choose another',
    'ADDRESS_TAKEN',
  );
}
