import { handled, OptionError } from '../../base/index.js';
import type { Host, RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { Durability} from '../../delivery/durable/index.js';
import { durabilityOf } from '../../delivery/durable/index.js';
import { allRecords, decode, encode } from '../../journal/index.js';

const FORMAT = 1;
/**
 * Which durable addresses there are, and of which definition: a record each, written before the first
 * message that is stored for it. Of an address where nobody lives its name is all that is in memory.
 */
export class AddressRecords {
  /** the name of the definition, by address */
  readonly known: Map<string, string> = new Map();
  private loading: Promise<void> | null = null;
  constructor(private readonly host: Host) {}

  /** Null for a system without a store. */
  private get durability(): Durability | null {
    return durabilityOf(this.host.kernel);
  }

  /** All that earlier lives have left; at once resolved in a system without a store. */
  ready(): Promise<void> {
    const { durability } = this;
    if (durability === null) return Promise.resolve();
    return (this.loading ??= handled(this.load(durability)));
  }

  private async load(durability: Durability): Promise<void> {
    await durability.whenReady();
    for await (const entries of allRecords(durability.journal, 'address')) {
      for (const { key, body } of entries) {
        const [, definition] = decode(body) as [number, string];
        if (!this.known.has(key)) this.known.set(key, definition);
      }
    }
  }

  /** Claims it for that definition. Errors: `ADDRESS_TAKEN` when it belongs to another one. */
  async claim(path: string, { name }: RuntimeDefinition): Promise<void> {
    const { durability } = this;
    if (durability === null) return;
    await this.ready();
    const owner = this.known.get(path);
    if (owner === name) return;
    if (owner !== undefined) throw takenBy(path, owner);
    this.known.set(path, name);
    durability.journal.put('address', path, encode([FORMAT, name], 'the address'));
  }

  /** Names with messages of an earlier life. */
  waiting(): readonly string[] {
    return this.durability?.waiting() ?? [];
  }
}

export function takenBy(path: string, definition: string): OptionError {
  return new OptionError(
    'address', path, `an address of '${definition}'`, 'one address, one definition: choose another', 'ADDRESS_TAKEN',
  );
}
