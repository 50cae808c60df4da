import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inLanes } from '../lanes.js';
import { count, type Goal, type Plan } from '../proof.js';
import { type Killed, killSeries } from './series.js';
import { FAULTS, type Variant } from './variant.js';
import { variants } from './variants.js';

/** Of each variant. */
const KILLS = { ci: 30, deep: 1_200 } as const;
/** One store has so many: what its agents remember grows with them. */
const STORE_KILLS = 30;

/** The kills over durable things: series of all variants, side by side. */
export async function runVariants({ size, seed, folder, say }: Plan): Promise<readonly Goal[]> {
  const stores = KILLS[size] / STORE_KILLS;
  const series = variants.flatMap((variant) => Array.from({ length: stores }, (_, store) => ({ variant, store })));
  const killed = await inLanes(series.map(({ variant, store }, at) => async () => {
    const own = join(folder, `${variant.name}-${store}`);
    mkdirSync(own);
    return { variant, ...await killSeries({ variant, kills: STORE_KILLS, seed: (seed + at) >>> 0, folder: own }) };
  }));
  return variants.map((variant) => {
    const own = killed.filter((one) => one.variant === variant);
    for (const line of own.flatMap(complaints).slice(0, 10)) say(`${variant.name}: ${line}`);
    return goalOf(variant, own);
  });
}

function complaints({ witness: { faults, problems } }: Killed): string[] {
  return [...FAULTS.flatMap((fault) => faults[fault].slice(0, 3).map((text) => `${fault}: ${text}`)), ...problems];
}

function goalOf({ name, promise, wanted }: Variant, killed: readonly Killed[]): Goal {
  const sum = (of: (one: Killed) => number): number => killed.reduce((total, one) => total + of(one), 0);
  const kinds = Object.fromEntries(FAULTS.map((fault) => [fault, sum((one) => one.witness.faults[fault].length)]));
  const figures: Record<string, number> = {
    kills: sum((one) => one.kills), early: sum((one) => one.early), amidCompaction: sum((one) => one.amidCompaction),
    sent: sum((one) => one.witness.intended.size), accepted: sum((one) => one.witness.accepted.size),
    acknowledged: sum((one) => one.witness.done.size), problems: sum((one) => one.witness.problems.length),
  };
  for (const key of Object.keys(killed[0]?.witness.figures ?? {})) {
    figures[key] = sum((one) => one.witness.figures[key] as number);
  }
  const total = sum((one) => one.witness.total);
  const more = wanted.map((key) => `, ${count(figures[key] as number)} ${WORDS[key] ?? key}`).join('');
  return {
    goal: `${name}: ${promise}, over ${figures['kills']} kills`,
    measured: `${FAULTS.map((fault) => `${kinds[fault]} ${fault}`).join(', ')} of ${count(figures['sent'] as number)} `
      + `sent; ${figures['early']} kills at the start${more}, ${figures['problems']} problems`,
    pass: total + (figures['problems'] as number) === 0 && wanted.every((key) => (figures[key] as number) > 0)
      && (figures['accepted'] as number) > (figures['kills'] as number),
    figures: { ...figures, ...kinds },
  };
}

const WORDS: Readonly<Record<string, string>> = {
  amidCompaction: 'while a log was compacted', amidActivation: 'while one was started',
  amidPassivation: 'while one left', passivated: 'passivations',
  leases: 'leases', pulled: 'pulled', dead: 'dead letters',
  functions: 'functions called',
  madeUp: 'missed times made up for', resumed: 'readers that went on',
};
