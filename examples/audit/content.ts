import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { byText, type Listing, type Unreadable } from './findings.js';

/**
 * What reading one file gave: `text` only when it was asked for and the file is not larger than
 * `TEXT_BYTES_MAX`.
 */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
  readonly text: string | null;
}

/** No manifest or licence is larger; whatever is, is hashed but not understood. */
export const TEXT_BYTES_MAX = 1_048_576;

const CHUNK_BYTES = 262_144;

/**
 * Room for one chunk. Each reader has its own: a read that outlives its reader must not write into
 * another's.
 */
export function newChunk(): Buffer {
  return Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

export interface Reading {
  readonly wantText: boolean;
  readonly chunk: Buffer;
  readonly signal: AbortSignal;
}

/** Reads and hashes a file chunk by chunk. Rejects with the signal's reason soon after it fires. */
export async function readContent(file: string, { wantText, chunk, signal }: Reading): Promise<Content> {
  const handle = await open(file);
  try {
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      const part = chunk.subarray(0, bytesRead);
      hash.update(part);
      bytes += bytesRead;
      if (wantText && bytes <= TEXT_BYTES_MAX) kept.push(Buffer.from(part));
    }
    const text = wantText && bytes <= TEXT_BYTES_MAX ? Buffer.concat(kept).toString('utf8') : null;
    return { bytes, sha256: hash.digest('hex'), text };
  } finally {
    await handle.close();
  }
}

/**
 * Lists one directory of the tree under `root`. Symbolic links are counted and never followed, so
 * the walk cannot loop.
 */
export async function listDirectory(root: string, directory: string, excluded: string): Promise<Listing> {
  const directories: string[] = [];
  const files: string[] = [];
  let symlinks = 0;
  let others = 0;
  for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (entry.isSymbolicLink()) symlinks++;
    else if (entry.isFile()) files.push(path);
    else if (!entry.isDirectory()) others++;
    else if (join(root, path) !== excluded) directories.push(path);
  }
  return { directory, directories: directories.sort(byText), files: files.sort(byText), symlinks, others };
}

/** Turns an error of the file system into a finding; anything else is thrown on. */
export function unreadable(path: string, error: unknown): Unreadable {
  return { path, reason: diskErrorCode(error) };
}

/**
 * The code of an error that the file system raised, such as `EACCES`. Anything else is a bug or an
 * abort, and is thrown on.
 */
export function diskErrorCode(error: unknown): string {
  if (error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  throw error;
}
