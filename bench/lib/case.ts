/**
 * The library under test. Cases get it as an argument, so that the same cases can run on another
 * revision of it.
 */
export type Castcall = typeof import('../../src/index.js');

export type System = ReturnType<Castcall['createSystem']>;

export type SystemOptions = NonNullable<Parameters<Castcall['createSystem']>[0]>;

/**
 * One measured run of `size` operations; resolves with the figure in the metric's unit, rejects
 * when a count is wrong.
 */
export type Run = (size: number) => Promise<number>;

/** Defines the agents once per process, as a program would, and hands out the run. */
export type Case = (library: Castcall) => Run;
