import type { InstallScript, Manifest } from '../findings.js';

/** The events that npm runs for an installed dependency; `prepare` runs for git dependencies only. */
const EVENTS = ['preinstall', 'install', 'postinstall'] as const;

/** Code that `npm install` would run for this package, in the order in which it runs. */
export function findInstallScripts(manifest: Manifest, compiles: boolean): InstallScript[] {
  const scripts: InstallScript[] = [];
  for (const event of EVENTS) {
    const command = Object.hasOwn(manifest.scripts, event) ? manifest.scripts[event] : undefined;
    if (command !== undefined && command.trim() !== '') scripts.push({ event, command });
  }
  // npm compiles a package with a binding.gyp unless the package brings its own install or preinstall script.
  const own = scripts.some(({ event }) => event !== 'postinstall');
  if (compiles && !own) scripts.unshift({ event: 'install', command: 'node-gyp rebuild (binding.gyp)' });
  return scripts;
}
