import { OptionError, parseOptions, z } from '../base/index.js';
import { Watchdog, type Kernel, type WatchdogEvent, type WatchdogOptions } from '../process/index.js';

const LENGTH = 'a whole number of messages from 0';
const MS = 'a number of ms above 0';
const length = z.number({ error: LENGTH }).int({ error: LENGTH }).min(0, { error: LENGTH });
const schema: z.ZodType<WatchdogOptions> = z.strictObject({
  queue: z.strictObject({ long: length, short: length }, { error: '{ long, short }' }).optional(),
  handlerMs: z.number({ error: MS }).positive({ error: MS }).optional(),
}, { error: 'an object' });

/** Checks the options, starts a watchdog, and returns the way to stop it. */
export function startWatchdog(kernel: Kernel, given: WatchdogOptions, listener: (event: WatchdogEvent) => void): () => void {
  const options = parseOptions('watchdog', schema, given);
  if (typeof listener !== 'function') throw new OptionError('watchdog', listener, 'a function that takes the event');
  const { queue } = options;
  if (queue !== undefined && queue.short >= queue.long) throw new OptionError('watchdog.queue.short', queue.short, `a length below long, which is ${queue.long}`);
  const made = new Watchdog(kernel, options, listener);
  made.start();
  return () => made.stop();
}
