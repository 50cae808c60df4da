// Damage to the files of a store: one change at one place of each class of places.
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Random } from '../../src/testing/random.js';
import { beside, SUFFIXES } from './watched.js';

type Suffix = (typeof SUFFIXES)[number];

export interface Damage {
  readonly suffix: Suffix;
  /** `page 7, cells: one bit at 28,700` */
  readonly name: string;
  apply(path: string): void;
}

const SECTOR = 512;
/** Of the main file: where its header keeps what. */
const FILE_HEADER = [0, 16, 18, 19, 20, 24, 28, 32, 36, 40, 44, 52, 56, 60, 64, 68, 92, 96] as const;
/** Of a page of a tree: kind, first free block, cells, start of content, free bytes, the cell pointers. */
const PAGE_HEADER = [0, 1, 3, 5, 7, 8, 10, 12] as const;
const WAL_HEADER_BYTES = 32;
const WAL_HEADER = [0, 4, 8, 12, 16, 20, 24, 28] as const;
const FRAME_HEADER_BYTES = 24;
const FRAME_HEADER = [0, 4, 8, 12, 16, 20] as const;

/** What a store has on the disk; changes are made to copies of it. */
export class Original {
  readonly files: ReadonlyMap<Suffix, Buffer>;

  constructor(path: string) {
    this.files = new Map(SUFFIXES.filter((suffix) => existsSync(path + suffix) && suffix !== '-shm').map(
      (suffix) => [suffix, readFileSync(path + suffix)],
    ));
  }

  copyTo(path: string): void {
    for (const file of beside(path)) rmSync(file, { force: true });
    for (const [suffix, content] of this.files) writeFileSync(path + suffix, content, { mode: 0o600 });
  }

  get pageBytes(): number {
    const told = this.file('').readUInt16BE(16);
    return told === 1 ? 65_536 : told;
  }

  file(suffix: Suffix): Buffer {
    return this.files.get(suffix) ?? Buffer.alloc(0);
  }

  /** One of each class of places; with `thorough`, every page and frame. */
  damages(random: Random, thorough: boolean): Damage[] {
    return [
      ...this.mainFile(random, thorough), ...this.wal(random, thorough), ...this.small(random, '-head'),
      ...this.small(random, '-marks-0'), ...this.small(random, '-owner'),
      ...[...this.files.keys()].map((suffix): Damage => ({
        suffix, name: 'removed', apply: (path) => rmSync(path + suffix),
      })),
    ];
  }

  private mainFile(random: Random, thorough: boolean): Damage[] {
    const bytes = this.pageBytes;
    const pages = Math.floor(this.file('').length / bytes);
    const chosen = some(random, pages, thorough);
    return [
      ...FILE_HEADER.map((at) => flip('', 'header', at, random)),
      ...chosen.flatMap((page) => {
        const start = page * bytes;
        const header = start + (page === 0 ? 100 : 0);
        const place = `page ${page + 1}`;
        return [
          ...PAGE_HEADER.map((at) => flip('', `${place}, header`, header + at, random)),
          flip('', `${place}, cells`, start + Math.floor(bytes / 2) + random.int(bytes / 2), random),
          flip('', `${place}, end`, start + bytes - 1 - random.int(8), random),
          zero('', `${place}, a sector`, start + SECTOR * random.int(bytes / SECTOR), SECTOR),
          zero('', `${place}, all of it`, start, bytes),
          twice('', `${place}, another in its place`, start, random.int(pages) * bytes, bytes),
        ];
      }),
      ...cuts('', this.file('').length, bytes, 0, random),
    ];
  }

  private wal(random: Random, thorough: boolean): Damage[] {
    const size = FRAME_HEADER_BYTES + this.pageBytes;
    const frames = Math.floor((this.file('-wal').length - WAL_HEADER_BYTES) / size);
    if (frames <= 0) return [];
    return [
      ...WAL_HEADER.map((at) => flip('-wal', 'header', at, random)),
      ...some(random, frames, thorough).flatMap((frame) => {
        const start = WAL_HEADER_BYTES + frame * size;
        const place = `frame ${frame + 1}`;
        return [
          ...FRAME_HEADER.map((at) => flip('-wal', `${place}, header`, start + at, random)),
          flip('-wal', `${place}, page`, start + FRAME_HEADER_BYTES + random.int(this.pageBytes), random),
          zero('-wal', `${place}, all of it`, start, size),
          twice(
            '-wal', `${place}, another in its place`, start, WAL_HEADER_BYTES + random.int(frames) * size, size,
          ),
        ];
      }),
      ...cuts('-wal', this.file('-wal').length, size, WAL_HEADER_BYTES, random),
    ];
  }

  private small(random: Random, suffix: Suffix): Damage[] {
    const { length } = this.file(suffix);
    if (length === 0) return [];
    return [
      ...Array.from({ length: 6 }, () => flip(suffix, 'a byte', random.int(length), random)),
      zero(suffix, 'all of it', 0, length),
      cut(suffix, 0), cut(suffix, Math.floor(length / 2)), cut(suffix, length - 1),
    ];
  }
}

/** First, last and some of a number of things. */
function some(random: Random, size: number, all: boolean): number[] {
  if (all || size <= 6) return Array.from({ length: size }, (_, n) => n);
  return [...new Set([0, 1, size - 1, random.int(size), random.int(size), random.int(size)])];
}

function changed(suffix: Suffix, name: string, change: (content: Buffer) => void): Damage {
  return {
    suffix, name, apply(path) {
      const content = readFileSync(path + suffix);
      change(content);
      writeFileSync(path + suffix, content);
    },
  };
}

function flip(suffix: Suffix, place: string, at: number, random: Random): Damage {
  const bit = 1 << random.int(8);
  return changed(suffix, `${place}: one bit at ${at}`, (content) => {
    content[at] = (content[at] as number) ^ bit;
  });
}

function zero(suffix: Suffix, place: string, from: number, bytes: number): Damage {
  return changed(suffix, `${place}: ${bytes} zeros at ${from}`, (content) => {
    content.fill(0, from, from + bytes);
  });
}

function twice(suffix: Suffix, place: string, to: number, from: number, bytes: number): Damage {
  return changed(suffix, `${place}: that of ${from} at ${to}`, (content) => {
    content.copy(content, to, from, from + bytes);
  });
}

function cut(suffix: Suffix, to: number): Damage {
  return { suffix, name: `cut at ${to}`, apply: (path) => truncateSync(path + suffix, to) };
}

/** Cut at boundaries and between them. */
function cuts(suffix: Suffix, length: number, unit: number, first: number, random: Random): Damage[] {
  const units = Math.floor((length - first) / unit);
  const at = [0, first, units - 1, units - 2, Math.floor(units / 2)].map((n) => Math.max(0, first + n * unit));
  return [...new Set([0, first, length - 1, ...at.slice(2), ...at.slice(2).map((n) => n + random.int(unit))])].filter(
    (to) => to < length,
  ).map((to) => cut(suffix, to));
}

/** A copy of the store, for one change. */
export function damaged(original: Original, damage: Damage, path: string): void {
  original.copyTo(path);
  damage.apply(path);
}
