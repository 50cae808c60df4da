import { handled, OptionError } from '../../base/index.js';
import { AgentRefImpl } from '../../behaviour/gen/index.js';
import { Cell } from '../../router/names/index.js';
import type { AgentRef } from '../../api/agent.js';
import type { TagInfo, TagOptions, Tags } from '../../api/activation/message.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { Leads, TagTable } from './table.js';

/** Bytes that a tag may have. */
const TAG_BYTES = 1_024;
/** Tags of one group. */
const GROUP_MAX = 1_000;

/** What the tags ask of their neighbours. */
interface Around {
  /** the ref of an address of that definition */
  refAt(definition: AnyDefinition, address: string): AgentRefImpl;
  /** a tag leads somewhere: what waits for it goes */
  arrived(tag: string): void;
  waiting(tag: string): number;
  /** tags with messages that wait */
  waitedFor(): readonly string[];
  answer<T>(promise: Promise<T>): Promise<T>;
}

/** The verbs for tags of one system. */
export class TagsImpl implements Tags {
  readonly loaded: Promise<void>;
  constructor(
    private readonly table: TagTable,
    private readonly around: Around,
  ) {
    this.loaded = handled(table.load());
  }

  bind(tag: string, target: AgentRef<any>, options: TagOptions = {}): Promise<void> {
    return this.verb(() => {
      checkTag('tags.bind', tag);
      const ref = target as unknown;
      if (!(ref instanceof AgentRefImpl) || !(ref.addr instanceof Cell)) {
        throw new OptionError(
          'tags.bind', target, 'the ref of a registered name or an address', 'system.ref(Definition, name)', 'BAD_TAG',
        );
      }
      this.lead([tag], {
        state: 'bound', to: ref.addr.name, definition: ref.definition.name, tags: [tag], ref,
      }, displaces('tags.bind', options));
    });
  }

  group(
    tags: readonly string[], definition: AnyDefinition, address: string, options: TagOptions = {},
  ): Promise<void> {
    return this.verb(() => {
      if (!Array.isArray(tags) || tags.length === 0 || tags.length > GROUP_MAX) {
        throw new OptionError('tags.group', tags, `an array of 1 to ${GROUP_MAX.toLocaleString('en')} tags`);
      }
      const all = [...new Set(tags as string[])];
      for (const tag of all) checkTag('tags.group', tag);
      const ref = this.around.refAt(definition, address);
      this.lead(all, {
        state: 'grouped', to: address, definition: ref.definition.name, tags: all, ref,
      }, displaces('tags.group', options));
    });
  }

  unbind(tag: string): Promise<boolean> {
    return this.verb(() => this.table.drop(checkTag('tags.unbind', tag)));
  }

  resolve(tag: string): Promise<TagInfo> {
    return this.verb(() => this.info(checkTag('tags.resolve', tag)));
  }

  list(): Promise<readonly TagInfo[]> {
    return this.verb(() => {
      const names = new Set([...this.table.names, ...this.around.waitedFor()]);
      return [...names].sort().map((tag) => this.info(tag));
    });
  }

  private info(tag: string): TagInfo {
    const waiting = this.around.waiting(tag);
    const known = this.table.get(tag);
    if (known === undefined) return { tag, waiting, state: 'absent' };
    const { state, to, definition, tags } = known;
    return state === 'bound'
      ? { tag, waiting, state, to, definition }
      : { tag, waiting, state, to, definition, tags };
  }

  /** All of it or nothing: what one of them refuses is found before any is changed. */
  private lead(tags: readonly string[], leads: Leads, displace: boolean): void {
    for (const tag of tags) {
      const known = this.table.get(tag);
      if (known === undefined || displace || same(known, leads)) continue;
      throw new OptionError(
        'tag', tag, `no tag of '${known.to}' (${known.definition})`,
        'unbind it first, or say { displace: true }', 'TAG_TAKEN',
      );
    }
    for (const tag of tags) {
      const known = this.table.get(tag);
      if (known?.state === 'bound' && same(known, leads)) this.table.learn(tag, { ...known, ref: leads.ref });
      else this.table.put(tag, leads);
    }
    for (const tag of tags) this.around.arrived(tag);
  }

  private verb<T>(act: () => T): Promise<T> {
    return this.around.answer(handled(this.loaded.then(async () => {
      const result = act();
      await this.table.safe();
      return result;
    })));
  }
}

function same(a: Leads, b: Leads): boolean {
  return a.to === b.to && a.definition === b.definition;
}

function displaces(where: string, options: TagOptions): boolean {
  if (typeof options !== 'object' || options === null) throw new OptionError(`${where} options`, options, 'an object');
  for (const key of Object.keys(options)) {
    if (key !== 'displace') throw new OptionError(`${where}.${key}`, key, 'displace, and nothing else');
  }
  const { displace = false } = options;
  if (typeof displace !== 'boolean') throw new OptionError(`${where}.displace`, displace, 'true or false');
  return displace;
}

export function checkTag(where: string, tag: unknown): string {
  if (typeof tag === 'string' && tag !== '' && Buffer.byteLength(tag) <= TAG_BYTES) return tag;
  throw new OptionError(
    `${where} tag`, tag, `a text of 1 to ${TAG_BYTES.toLocaleString('en')} bytes`, undefined, 'BAD_TAG',
  );
}
