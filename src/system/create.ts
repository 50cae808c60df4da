import type { Kernel } from '../process/record/index.js';
import type { SystemOptions } from '../api/system.js';
import { readOptions } from './options.js';
import { System } from './system.js';

/**
 * Makes a system. Use `await using` to stop it at the end of a block.
 *
 * Errors: an OptionError for an unknown option or a value that breaks its rule.
 *
 * @example
 * const bank = createSystem({ name: 'bank', logger: false });
 * bank.name // => 'bank'
 * await bank.stop();
 * @since 0.1.0
 */
export function createSystem(options: SystemOptions = {}): System {
  return new System(readOptions(options));
}

/** @internal For folders that observe or test a system from inside; not part of the package's door. */
export function kernelOf(system: System): Kernel {
  return System.kernelOf(system);
}
