import { Exit, type ProcessRef, type ProcessSelf, type System } from '../../src/index.js';

/** A plain process that keeps everything it is told. */
export interface Listener {
  readonly ref: ProcessRef;
  readonly self: ProcessSelf;
  readonly seen: unknown[];
}

/**
 * Spawns one and waits until it listens; it traps exits unless told otherwise, and obeys a shutdown
 * from outside.
 */
export async function listener(
  system: System,
  options: {
    readonly trap?: boolean; readonly name?: string; readonly setup?: (self: ProcessSelf) => void;
  } = {},
): Promise<Listener> {
  const seen: unknown[] = [];
  return new Promise((resolve) => {
    const ref: ProcessRef = system.spawn(async (self) => {
      self.trapExit(options.trap ?? true);
      options.setup?.(self);
      resolve({ ref, self, seen });
      for (;;) {
        const message = await self.receive();
        if (message instanceof Exit && message.pid === undefined && message.reason === 'shutdown') return;
        seen.push(message);
      }
    }, options.name === undefined ? {} : { name: options.name });
  });
}

/** A plain process that does nothing until it is ended; with its self. */
export async function idler(
  system: System, options: { readonly trap?: boolean; readonly name?: string } = {},
): Promise<{ readonly ref: ProcessRef; readonly self: ProcessSelf }> {
  return new Promise((resolve) => {
    const ref: ProcessRef = system.spawn((self) => {
      self.trapExit(options.trap ?? false);
      resolve({ ref, self });
      return self.receive(
        (message) => message instanceof Exit && message.pid === undefined && message.reason === 'shutdown',
      );
    }, options.name === undefined ? {} : { name: options.name });
  });
}

/** The reason a process ends for. */
export async function reasonOfEnd(
  system: System, target: { readonly pid: ProcessRef['pid'] | undefined },
): Promise<unknown> {
  return (await system.monitor(target).down).reason;
}

/** Lets everything that is runnable run, over several turns of the event loop. */
export async function settle(turns: number = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/**
 * Waits, turn by turn, until something is so; gives up after many turns, and the assertion that
 * follows tells.
 */
export async function until(isSo: () => boolean, turns: number = 20_000): Promise<void> {
  for (let i = 0; i < turns && !isSo(); i++) await settle(1);
  await settle(1);
}
