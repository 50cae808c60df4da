import { OptionError, parseOptions, z } from '../base/index.js';
import { StallWatch } from '../observe/index.js';
import { Watchdog } from '../process/inspect/index.js';
import type { Kernel } from '../process/record/index.js';
import type { WatchdogEvent, WatchdogOptions } from '../api/inspect.js';

const LENGTH = 'a whole number of messages from 0';
const MS = 'a number of ms above 0';
const STALL_MS = 'a whole number of ms from 50';
const length = z.number({ error: LENGTH }).int({ error: LENGTH }).min(0, { error: LENGTH });
const schema: z.ZodType<WatchdogOptions> = z.strictObject({
  queue: z.strictObject({ long: length, short: length }, { error: '{ long, short }' }).optional(),
  handlerMs: z.number({ error: MS }).positive({ error: MS }).optional(),
  stallMs: z.number({ error: STALL_MS }).int({ error: STALL_MS }).min(50, { error: STALL_MS }).optional(),
}, { error: 'an object' });

/** How to stop the watchdog of a system that has one. */
const running = new WeakMap<Kernel, () => void>();

/** Checks the options, starts a watchdog in place of the former one, and returns the way to stop it. */
export function startWatchdog(
  kernel: Kernel, given: WatchdogOptions, listener: (event: WatchdogEvent) => void,
): () => void {
  const options = parseOptions('watchdog', schema, given);
  if (typeof listener !== 'function') throw new OptionError(
    'watchdog', listener, 'a function that takes the event',
  );
  const { queue, handlerMs, stallMs } = options;
  if (queue !== undefined && queue.short >= queue.long) {
    throw new OptionError('watchdog.queue.short', queue.short, `a length below long, which is ${queue.long}`);
  }
  const parts: { start(): void; stop(): void }[] = [];
  if (stallMs !== undefined) parts.push(new StallWatch(kernel, stallMs, listener));
  if (queue !== undefined || handlerMs !== undefined) parts.push(new Watchdog(kernel, options, listener));
  stopWatchdog(kernel);
  for (const part of parts) part.start();
  const stop = (): void => {
    for (const part of parts) part.stop();
    if (running.get(kernel) === stop) running.delete(kernel);
  };
  running.set(kernel, stop);
  return stop;
}

/** Stops the watchdog of a system; nothing when there is none. */
export function stopWatchdog(kernel: Kernel): void {
  running.get(kernel)?.();
}
