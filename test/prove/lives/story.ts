import type { LifeOrder, Tell } from './variant.js';

/** Whether `now` goes on where `before` was: nothing of it is gone, nothing changed. */
export function goesOn(before: readonly number[], now: readonly number[]): boolean {
  return before.length <= now.length && before.every((id, at) => id === now[at]);
}

export const soon = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
export const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

const QUIET_MS = 15_000;

/** Until that holds; a life that never gets there tells so. */
export async function untilQuiet(tell: Tell, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + QUIET_MS;
  while (!await holds()) {
    if (performance.now() > end) return tell('Y', `${what} after ${QUIET_MS} ms`);
    await pause(2);
  }
}

/** Sends ids for ever, so many at the same time at most. */
export async function sendOn({ base }: LifeOrder, inFlightMax: number, send: (id: number) => Promise<void>) {
  let flying = 0;
  for (let id = base; ; id++) {
    flying += 1;
    void send(id).finally(() => { flying -= 1; });
    do await soon(); while (flying >= inFlightMax);
  }
}
