import { OptionError } from '../../base/index.js';
import { levelNameOf, LEVELS } from '../../process/inspect/index.js';
import type { Process } from '../../process/record/index.js';
import { Alias, MonitorExtra } from '../../process/signal/index.js';
import type { AliasMode } from '../../api/address.js';
import type { ProcessLevel } from '../../api/inspect.js';
import type { AliasOptions, MonitorOptions, ProcessFlags } from '../../api/process.js';
import { checkKeys } from './options.js';
import type { SpawnOptions } from './host.js';

/**
 * Options of the process verbs, checked where they enter: whoever gets one wrong has done nothing
 * (PR-10, MO-09, PF-01).
 */
const ALIASES: readonly string[] = ['explicit_unalias', 'demonitor', 'reply_demonitor'] satisfies AliasMode[];
export const SPAWN_KEYS: readonly string[] = ['link', 'monitor', 'name', 'label', 'level'];

export function checkFlag(where: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw new OptionError(where, value, 'true or false');
}

/** Checks an options object whose options are all true or false. */
export function checkFlags(verb: string, options: object, known: readonly string[]): void {
  checkKeys(verb, options, known);
  for (const key of known) checkFlag(`${verb}.${key}`, (options as Readonly<Record<string, unknown>>)[key]);
}

export function checkLevel(where: string, value: unknown): void {
  if (typeof value !== 'string' || !Object.hasOwn(LEVELS, value)) {
    throw new OptionError(where, value, `one of ${Object.keys(LEVELS).join(', ')}`);
  }
}

export function checkSpawn(options: SpawnOptions, known: readonly string[]): void {
  checkKeys('spawn', options, known);
  checkFlag('spawn.link', options.link);
  if (options.label !== undefined) checkLabel('spawn.label', options.label);
  if (options.level !== undefined) checkLevel('spawn.level', options.level);
  if (typeof options.monitor === 'object') checkMonitor('spawn.monitor', options.monitor);
  else checkFlag('spawn.monitor', options.monitor);
}

export function checkLabel(where: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') {
    throw new OptionError(where, value, 'a text, or undefined for none');
  }
}

export function checkMonitor(where: string, options: MonitorOptions): void {
  checkKeys(where, options, ['alias', 'tag', 'urgent']);
  checkFlag(`${where}.urgent`, options.urgent);
  if (options.alias !== undefined && !ALIASES.includes(options.alias)) {
    throw new OptionError(`${where}.alias`, options.alias, `one of ${ALIASES.join(', ')}`);
  }
}

/** What a monitor carries for checked options; null when there is nothing to carry. */
export function monitorExtra(holder: Process, options: MonitorOptions): MonitorExtra | null {
  const { alias, tag } = options;
  const urgent = options.urgent === true;
  if (alias === undefined && tag === undefined && !urgent) return null;
  return new MonitorExtra(alias === undefined ? null : new Alias(holder, alias, urgent), tag, urgent);
}

export function makeAlias(holder: Process, options: AliasOptions): Alias {
  checkFlags('alias', options, ['reply', 'urgent']);
  return new Alias(holder, options.reply === true ? 'reply' : 'plain', options.urgent === true);
}

/** Sets a flag and returns its old value (PF-01). */
export function setFlag(p: Process, name: keyof ProcessFlags, value: unknown): unknown {
  const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  if (flag === undefined) {
    throw new OptionError('flag', name, `one of ${Object.keys(FLAGS).join(', ')}`, NOW[name as string]);
  }
  return flag(p, value);
}

/** What is said of flags of an older name. */
const NOW: Readonly<Record<string, string | undefined>> =
  { __proto__: undefined, priority: 'it is called level now', trapExit: 'use self.trapExit(on)' };

const FLAGS: Readonly<Record<keyof ProcessFlags, (p: Process, value: unknown) => unknown>> = {
  level(p, value) {
    checkLevel('flag.level', value);
    const before = levelNameOf(p);
    p.level = LEVELS[value as ProcessLevel];
    return before;
  },
  sensitive(p, value) {
    if (typeof value !== 'boolean') throw new OptionError('flag.sensitive', value, 'true or false');
    const before = p.ext?.rarity?.sensitive ?? false;
    if (value !== before) p.rare().sensitive = value;
    return before;
  },
};
