import { OptionError } from '../../../base/index.js';
import { fieldOf } from '../../../base/text/index.js';
import type { StreamEventOptions } from '../../../api/bus/stream.js';
import { checkKeys } from '../options.js';

const LINE = /\r\n|\n|\r/;

/** Server-sent events, as bytes. */
export class Events {
  readonly #head: string;
  readonly #id: boolean;
  readonly #encoder = new TextEncoder();
  constructor(options: StreamEventOptions) {
    checkKeys('toEvents', options, ['event', 'id']);
    const { event, id = false } = options;
    if (event !== undefined && (typeof event !== 'string' || event === '' || LINE.test(event))) {
      throw new OptionError('toEvents.event', event, 'a text of one line', 'the name that clients listen to');
    }
    if (typeof id !== 'boolean') {
      throw new OptionError('toEvents.id', id, 'true or false', 'the id is the number of the item');
    }
    this.#head = event === undefined ? '' : `event: ${event}\n`;
    this.#id = id;
  }

  /** Throws for what is no JSON. */
  item(value: unknown, sequence: number): Uint8Array {
    const id = this.#id ? `id: ${sequence}\n` : '';
    return this.#frame(`${id}${this.#head}`, typeof value === 'string' ? value : json(value));
  }

  /** Tells the code, and no more: what an error says may not be for everybody. */
  failure(error: unknown): Uint8Array {
    const code = textOf(error, 'code') ?? textOf(error, 'name') ?? 'Error';
    const refusal = code === 'REFUSED' ? textOf(error, 'refusal') : undefined;
    return this.#frame('event: error\n', JSON.stringify({ code, refusal }));
  }

  #frame(head: string, data: string): Uint8Array {
    const lines = data.split(LINE).map((line) => `data: ${line}\n`);
    return this.#encoder.encode(`${head}${lines.join('')}\n`);
  }
}

function json(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text ?? 'null'; // undefined, functions and symbols
}

function textOf(error: unknown, key: string): string | undefined {
  const value = fieldOf(error, key);
  return typeof value === 'string' ? value : undefined;
}
