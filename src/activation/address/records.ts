import { OptionError } from '../../base/index.js';
import type { Host, RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { Durability } from '../../delivery/durable/index.js';
import { durabilityOf } from '../../delivery/durable/index.js';
import { allRecords, decode, encode, type Journal } from '../../journal/index.js';

const FORMAT = 1;
/**
 * Which durable addresses there are, and of which definition: a record each, written before the first
 * message that is stored for it. Of an address where nobody lives its name is all that is in memory.
 */
export class AddressRecords {
  /** the name of the definition, by address */
  readonly known: Map<string, string> = new Map();
  private loaded = false;
  constructor(private readonly host: Host) {}

  /** Null for a system without a store. */
  private get durability(): Durability | null {
    return durabilityOf(this.host.kernel);
  }

  /** All that earlier lives have left are known; at once resolved in a system without a store. */
  ready(): Promise<void> {
    return this.durability?.whenReady() ?? Promise.resolve();
  }

  /** Reads what earlier lives have left. */
  async load(journal: Journal): Promise<void> {
    for await (const entries of allRecords(journal, 'address')) {
      for (const { key, body } of entries) this.known.set(key, (decode(body) as [number, string])[1]);
    }
    this.loaded = true;
  }

  /**
   * Claims it for that definition, in this step once all earlier ones are known: then it returns null.
   * Errors: `ADDRESS_TAKEN` when it belongs to another one.
   */
  claim(path: string, definition: RuntimeDefinition): Promise<void> | null {
    const { durability } = this;
    if (durability === null) return null;
    if (!this.loaded) return this.ready().then(() => this.write(durability, path, definition));
    this.write(durability, path, definition);
    return null;
  }

  private write({ journal }: Durability, path: string, { name }: RuntimeDefinition): void {
    const owner = this.known.get(path);
    if (owner === name) return;
    if (owner !== undefined) throw takenBy(path, owner);
    journal.put('address', path, encode([FORMAT, name], 'the address'));
    this.known.set(path, name);
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
