import type { Pid } from '../../api/address.js';
import type { NameCell, Process } from './process.js';

/** The address of a process that has ended and is forgotten: nobody is there, and nobody will be. */
export class DeadAddress implements NameCell {
  owner: Process | null = null;
  constructor(readonly pid: Pid) {}

  get name(): string {
    return this.pid;
  }
}
