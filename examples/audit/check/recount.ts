import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TEXT_BYTES_MAX, unreadable } from '../content.js';
import {
  byPath, type DirectoryFacts, type DuplicateGroup, type FileFacts, type Findings, type Manifest,
  type PackageFindings, type Unreadable,
} from '../findings.js';
import { byWaste } from '../rules/duplicate.js';
import { findAdvisories } from '../rules/advisory.js';
import { checkEngine } from '../rules/engine.js';
import { findInstallScripts } from '../rules/install-script.js';
import { isLicenceFile, recogniseLicence } from '../rules/licence-text.js';
import { checkLicence } from '../rules/licence.js';
import { parseManifest } from '../rules/manifest.js';
import { packageFindings, packageIn } from '../rules/package.js';

export interface RecountPlan {
  readonly root: string;
  readonly excluded: string;
  readonly node: string;
  readonly signal: AbortSignal;
}

/**
 * The same audit in one straight line: no agents, no messages, nothing at the same time. It shares
 * the rules (what a licence looks like, which range suits which version) with the swarm, but
 * neither its walk, its reading nor its tables.
 */
export class Recount {
  readonly #plan: RecountPlan;
  readonly #directories: DirectoryFacts[] = [];
  readonly #files: FileFacts[] = [];
  readonly #unreadable: Unreadable[] = [];
  readonly #packages: PackageFindings[] = [];

  constructor(plan: RecountPlan) {
    this.#plan = plan;
  }

  /** Rejects with the signal's reason when it fires. */
  async run(): Promise<Findings> {
    const open = [''];
    for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
      for (const below of await this.#directory(directory)) open.push(below);
    }
    return {
      directories: this.#directories.sort(byPath),
      files: this.#files.sort(byPath),
      unreadable: this.#unreadable.sort(byPath),
      duplicates: this.#duplicates(),
      packages: this.#packages.sort(byPath),
    };
  }

  async #directory(directory: string): Promise<string[]> {
    const { root, excluded } = this.#plan;
    const entries = await this.#attempt(
      directory, () => readdir(join(root, directory), { withFileTypes: true }),
    );
    if (entries === null) return [];
    let symlinks = 0;
    let others = 0;
    const inside: string[] = [];
    const names: string[] = [];
    const texts = new Map<string, string>();
    for (const entry of entries) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isSymbolicLink()) symlinks += 1;
      else if (entry.isDirectory()) {
        if (join(root, path) !== excluded) inside.push(path);
      } else if (!entry.isFile()) others += 1;
      else {
        names.push(entry.name);
        const text = await this.#file(path);
        if (text !== null) texts.set(entry.name, text);
      }
    }
    this.#directories.push({ path: directory, symlinks, others });
    this.#package(directory, names, texts);
    return inside;
  }

  /** Hashes one file; its text comes back only when it may be a manifest or a licence. */
  async #file(path: string): Promise<string | null> {
    const { root, signal } = this.#plan;
    signal.throwIfAborted();
    const name = basename(path);
    const telling = name === 'package.json' || isLicenceFile(name);
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let bytes = 0;
    const read = await this.#attempt(path, async () => {
      for await (const chunk of createReadStream(join(root, path)) as AsyncIterable<Buffer>) {
        signal.throwIfAborted();
        hash.update(chunk);
        bytes += chunk.length;
        if (telling && bytes <= TEXT_BYTES_MAX) kept.push(chunk);
      }
      return true;
    });
    if (read === null) return null;
    this.#files.push({ path, bytes, sha256: hash.digest('hex') });
    return telling && bytes <= TEXT_BYTES_MAX ? Buffer.concat(kept).toString('utf8') : null;
  }

  #package(directory: string, fileNames: readonly string[], texts: ReadonlyMap<string, string>): void {
    const json = texts.get('package.json');
    const manifest: Manifest | null = json === undefined ? null : parseManifest(json);
    const licenceTexts = [...texts]
      .filter(([name]) => name !== 'package.json')
      .map(([, text]) => recogniseLicence(text))
      .filter((id) => id !== null);
    const input = packageIn({ root: this.#plan.root, directory, manifest, licenceTexts, fileNames });
    if (input === null) return;
    this.#packages.push(packageFindings(input, {
      licence: checkLicence(input.manifest.licence, input.licenceTexts),
      engine: checkEngine(input.manifest.node, this.#plan.node),
      scripts: findInstallScripts(input.manifest, input.compiles),
      advisories: findAdvisories(input.name, input.manifest.version),
    }));
  }

  /** Neighbours in a list sorted by hash, instead of the swarm's tables. */
  #duplicates(): DuplicateGroup[] {
    const sorted = this.#files
      .filter((file) => file.bytes > 0)
      .sort((left, right) => (left.sha256 < right.sha256
        ? -1
        : left.sha256 > right.sha256 ? 1 : byPath(left, right)));
    const groups: DuplicateGroup[] = [];
    for (let start = 0, end: number; start < sorted.length; start = end) {
      const { sha256, bytes } = sorted[start] as FileFacts;
      end = start + 1;
      while (sorted[end]?.sha256 === sha256) end += 1;
      if (end - start > 1) groups.push({
        sha256, bytes, paths: sorted.slice(start, end).map(({ path }) => path),
      });
    }
    return groups.sort(byWaste);
  }

  async #attempt<T>(path: string, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      this.#unreadable.push(unreadable(path, error));
      return null;
    }
  }
}
