// Subscriptions of durable topics: what is asked for is checked, and made.
import { handled, OptionError } from '../../base/index.js';
import { Cell } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import type { Kernel } from '../../process/record/index.js';
import { BusError } from '../core/index.js';
import { Cursor, cursorKey } from './cursor.js';
import type { TopicLog } from './log.js';
import type { ReadStored } from './options.js';
import type { Reception } from './agent.js';
import type { Addressee } from './forward.js';
import type { Subscriber, Subscribed } from './subscriber.js';

/** Throws for what only a durable topic has. */
export function refuseStored(name: string, { from, durable }: ReadStored): void {
  const [option, value] = durable === undefined ? ['from', from] : ['durable', durable];
  if (value === undefined) return;
  const wild = name.includes('*');
  throw new OptionError(
    `subscribe.${option}`, value, `a durable topic, which '${name}' is not`,
    wild ? 'a pattern has no offsets: subscribe to each topic by its name'
      : `make it first: system.topic('${name}', { durable: true })`, 'BAD_COMBINATION',
  );
}

/** Where a subscription begins, asked for when the log is open; null for one without a name. */
export class Start {
  readonly cursor: Cursor | null;
  constructor(
    private readonly log: TopicLog, private readonly asked: ReadStored,
    /** so many of the latest come first, without another wish */
    private readonly latest: number,
  ) {
    const { name, durability: { cursors, journal } } = log;
    const { durable, stallMs } = asked;
    if (stallMs !== undefined) {
      throw new OptionError(
        'subscribe.stallMs', stallMs, 'none with a durable topic',
        `nobody waits for a reader of '${name}': what its buffer has no room for is read from the store`,
        'BAD_COMBINATION',
      );
    }
    this.cursor = durable === undefined ? null : new Cursor(cursors, journal, cursorKey(name, durable));
    if (durable === undefined) return;
    if (log.taken.has(durable)) throw taken(name, durable);
    log.taken.add(durable);
  }

  /** What leaves the topic at the end of its subscription. */
  leaving({ leave, ...of }: Subscribed): Subscribed {
    const { durable } = this.asked;
    if (durable === undefined) return { leave, ...of };
    return {
      ...of, leave: (one: Subscriber) => {
        this.log.taken.delete(durable);
        leave(one);
      },
    };
  }

  readonly start = (): number | Promise<number> => {
    const { cursor, log } = this;
    const known = cursor?.read();
    if (known !== undefined) return Math.min(known, log.next);
    const at = this.wish();
    if (cursor === null) return at;
    // It is there from the start: what is published from now on is not lost for it.
    const put = (offset: number): number => {
      if (log.durability.journal.state === 'open') cursor.put(offset);
      return offset;
    };
    return typeof at === 'number' ? put(at) : at.then(put);
  };

  private wish(): number | Promise<number> {
    const { log, latest, asked: { from } } = this;
    return from === undefined ? Math.max(log.first, log.end - latest) : log.startOf(from);
  }
}

function taken(topic: string, name: string): OptionError {
  return new OptionError(
    'subscribe.durable', name, `a name that no subscription of '${topic}' has now`,
    'unsubscribe that one first, or use another name', 'ALREADY_STARTED',
  );
}

/** Throws for an agent that has no name, which a later life could not find. */
export function addresseeOf(reception: Reception, definition: Addressee['definition']): Addressee {
  const { addr, op } = reception;
  if (addr instanceof Cell) return { addr, op, definition };
  throw new OptionError(
    'topic.subscribe', addressName(addr), 'an agent by its registered name, beside durable',
    'a pid means one incarnation: give the name, or system.ref(Definition, name)', 'NOT_DURABLE',
  );
}

/** Forgets how far the subscription of a name is. */
export function forget(kernel: Kernel, log: TopicLog, durable: string): Promise<boolean> {
  return kernel.answer(handled(forgotten(log, durable)));
}

async function forgotten(log: TopicLog, durable: string): Promise<boolean> {
  await log.whenOpen();
  if (log.taken.has(durable)) throw taken(log.name, durable);
  const { cursors, journal } = log.durability;
  if (!cursors.drop(cursorKey(log.name, durable))) return false;
  try {
    await journal.flush();
  } catch (cause) {
    throw new BusError('UNKNOWN', `topic '${log.name}'`, `the store has failed: '${durable}' may be forgotten or not`, {
      cause,
    });
  }
  return true;
}
