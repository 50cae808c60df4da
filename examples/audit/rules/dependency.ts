import { dirname } from 'node:path/posix';
import type { PackageFindings } from '../findings.js';

/**
 * Finds what an import of a package name reaches, the way Node looks for it: the nearest
 * `node_modules` upwards.
 */
export class DependencyResolver {
  readonly #byPath: ReadonlyMap<string, PackageFindings>;

  constructor(packages: readonly PackageFindings[]) {
    this.#byPath = new Map(packages.map((found) => [found.path, found]));
  }

  /**
   * The installed packages that `from` depends on; one that is not installed under the audited
   * directory is left out.
   */
  dependenciesOf(from: PackageFindings): PackageFindings[] {
    return from.dependencies.map((name) => this.#resolve(from.path, name))
      .filter((found) => found !== undefined);
  }

  #resolve(from: string, name: string): PackageFindings | undefined {
    for (let directory = from; ; directory = parentOf(directory)) {
      const found = this.#byPath.get(join(directory, `node_modules/${name}`));
      if (found !== undefined) return found;
      // The audited directory may itself be a node_modules: then its children are what the walk
      // upwards reaches last.
      if (directory === '') return this.#byPath.get(name);
    }
  }
}

function parentOf(directory: string): string {
  const parent = dirname(directory);
  return parent === '.' ? '' : parent;
}

function join(directory: string, rest: string): string {
  return directory === '' ? rest : `${directory}/${rest}`;
}
