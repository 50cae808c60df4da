/**
 * The library under test, all doors of it. Cases get it as an argument, so that the same cases can
 * run on another revision of it.
 */
export type Castcall = typeof import('../../src/index.js')
  & typeof import('../../src/activation/public.js')
  & typeof import('../../src/behaviour/event/public.js')
  & typeof import('../../src/behaviour/names/public.js')
  & typeof import('../../src/behaviour/statem/public.js')
  & typeof import('../../src/bus/public.js')
  & typeof import('../../src/bus/service/public.js')
  & typeof import('../../src/delivery/group/public.js')
  & typeof import('../../src/journal/public.js')
  & typeof import('../../src/journal/sqlite/public.js')
  & typeof import('../../src/observe/public.js')
  & typeof import('../../src/process/public.js')
  & typeof import('../../src/supervisor/application/public.js')
  & typeof import('../../src/supervisor/public.js');

export type System = ReturnType<Castcall['createSystem']>;

export type SystemOptions = NonNullable<Parameters<Castcall['createSystem']>[0]>;

/**
 * One measured run of `size` operations; resolves with the figure in the metric's unit, rejects
 * when a count is wrong.
 */
export type Run = (size: number) => Promise<number>;

/** Defines the agents once per process, as a program would, and hands out the run. */
export type Case = (library: Castcall) => Run;
