// Puts back what our own tag stands for. Errors come back as plain Errors of a fixed shape, whatever
// they were: nothing is revived by a name that was read.
import { Own, OWN_TAG } from './limits.js';
import { Damage } from './scan.js';

/** What a decoder makes of a tag. */
export interface TagLike {
  readonly tag: number;
  readonly value: unknown;
}

export class Reviver {
  constructor(private readonly isTag: (value: object) => boolean) {}

  revive(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.isTag(value)) return this.own(value as TagLike);
    if (Array.isArray(value)) return this.items(value as unknown[]);
    if (value instanceof Map) return new Map([...value].map(([k, v]) => [this.revive(k), this.revive(v)]));
    if (value instanceof Set) return new Set(this.items([...value as Set<unknown>]));
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const fields = value as Record<string, unknown>;
    for (const key of Object.keys(fields)) fields[key] = this.revive(fields[key]);
    return fields;
  }

  private items(items: unknown[]): unknown[] {
    for (let at = 0; at < items.length; at++) items[at] = this.revive(items[at]);
    return items;
  }

  private own({ tag, value }: TagLike): unknown {
    if (tag !== OWN_TAG || !Array.isArray(value)) throw new Damage(`the unknown tag ${tag}`);
    const [kind, content] = value as [unknown, unknown];
    switch (kind) {
      case Own.NegativeZero: return -0;
      case Own.Failure: return this.failure(value);
      case Own.Buffer: return bytesOf(content).slice().buffer;
      case Own.View: return new DataView(bytesOf(content).slice().buffer);
      case Own.Text: return textOf(content);
      default: throw new Damage(`an unknown kind of value, ${typeof kind === 'number' ? kind : typeof kind}`);
    }
  }

  private failure(parts: unknown[]): Error {
    const [, name, message, stack, fields, causes, errors] = this.items(parts);
    if (typeof name !== 'string' || typeof message !== 'string' || !Array.isArray(causes)
      || typeof fields !== 'object' || fields === null) throw new Damage('an error without its parts');
    const options = causes.length > 0 ? { cause: causes[0] as unknown } : undefined;
    const error = Array.isArray(errors) ? new AggregateError(errors, message, options) : new Error(message, options);
    hide(error, 'stack', typeof stack === 'string' ? stack : `${name}: ${message}`);
    if (name !== error.name) hide(error, 'name', name);
    for (const [key, value] of Object.entries(fields)) {
      Object.defineProperty(error, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return error;
  }
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}

function bytesOf(content: unknown): Uint8Array<ArrayBuffer> {
  if (content instanceof Uint8Array) return content as Uint8Array<ArrayBuffer>;
  throw new Damage('bytes that are none');
}

function textOf(content: unknown): string {
  if (!(content instanceof Uint16Array)) throw new Damage('a text that is none');
  let text = '';
  for (const unit of content) text += String.fromCharCode(unit);
  return text;
}
