import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { StoreError } from '../port/index.js';

const MARK_BYTES = 24;
/** bytes of a file, after which the other one is written to */
const FILE_MAX = 1 << 20;

/** orders of one life of the store */
const LIFE = 2 ** 32;

/**
 * Attempts that are about to begin: 24 bytes each, appended by the program itself and not synced, so
 * that they survive its death. Two files take turns: when one is full the thread brings over what
 * still counts, and empties it. So the later of two marks of a message is told by their orders, not by
 * their places; it counts, also when it takes an attempt back.
 */
export class Marks {
  private readonly page = Buffer.alloc(MARK_BYTES);
  private generation = 0;
  private bytes = 0;
  private fd = -1;
  private moving = false;
  private order: number;

  /**
   * @param epoch of the owner: its marks are later than those of the owners before
   * @param move has what still counts of that file brought to the other
   */
  constructor(
    private readonly path: string,
    epoch: number,
    private readonly move: (from: number) => Promise<unknown>,
  ) {
    this.order = epoch * LIFE;
  }

  /** Errors: as `add`. */
  open(): void {
    try {
      this.openFile();
    } catch (cause) {
      throw markError(this.path, cause);
    }
  }

  private openFile(): void {
    const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants as Partial<typeof constants> & typeof constants;
    const name = `${this.path}-marks-${this.generation}`;
    this.fd = openSync(name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
    this.bytes = fstatSync(this.fd).size;
  }

  /** Errors: a StoreError; then it is not known whether the mark is there. */
  add(seq: number, attempts: number): void {
    const { page } = this;
    page.writeDoubleLE(seq, 0);
    page.writeDoubleLE(++this.order, 8);
    page.writeUInt32LE(attempts, 16);
    page.writeUInt32LE(markSum(page), 20);
    try {
      if (writeSync(this.fd, page) < MARK_BYTES) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      this.bytes += MARK_BYTES;
      if (this.bytes >= FILE_MAX && !this.moving) this.turn();
    } catch (cause) {
      throw markError(this.path, cause);
    }
  }

  close(): void {
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
  }

  private turn(): void {
    const from = this.generation;
    this.close();
    this.generation = 1 - from;
    this.openFile();
    this.moving = true;
    const done = (): void => void (this.moving = false);
    // A store that has failed says so by itself.
    this.move(from).then(done, done);
  }
}

function markError(path: string, cause: unknown): StoreError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new StoreError(
    full ? 'STORE_FULL' : 'STORE_FAILED',
    `${path}-marks: an attempt could not be noted: ${message}; ${full
      ? 'make room on the disk'
      : 'open the store anew'}`,
    [], { cause },
  );
}

/** Tells a torn mark; the thread counts it likewise. */
function markSum(page: Buffer): number {
  let sum = 0x9e3779b9;
  for (let at = 0; at < MARK_BYTES - 4; at += 4) {
    sum = Math.imul(sum ^ page.readUInt32LE(at), 0x85ebca6b);
    sum ^= sum >>> 13;
  }
  return sum >>> 0;
}
