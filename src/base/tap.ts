/**
 * The observation port: a system without a tap pays one null check per event. A tap must not throw and must not keep
 * what it is given; the system wraps foreign taps so that a throw hurts nobody (P36).
 */
export interface Tap {
  accepted(pid: string, op: string): void;
  handled(pid: string, op: string): void;
  spawned(pid: string): void;
  exited(pid: string, reason: unknown): void;
}
