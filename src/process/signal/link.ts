import type { Process } from '../record/index.js';

/**
 * Links are bidirectional and idempotent (EX-01); a link to oneself is a no-op (EX-02). Both ends
 * must live.
 */
export function link(a: Process, b: Process): void {
  if (a === b) return;
  addLink(a, b);
  addLink(b, a);
}

/** After it returns, that link can never affect either end again; an EXIT already queued stays (EX-04). */
export function unlink(a: Process, b: Process): void {
  unlinkOne(a, b);
  unlinkOne(b, a);
  a.ext?.rarity?.urgentLinks?.delete(b);
  b.ext?.rarity?.urgentLinks?.delete(a);
}

/**
 * Whether the exit of `peer` through its link is to be a priority message of `p`; each new link
 * says so anew (PM-05).
 */
export function markLink(p: Process, peer: Process, urgent: boolean): void {
  if (!urgent) p.ext?.rarity?.urgentLinks?.delete(peer);
  else if (p !== peer) (p.rare().urgentLinks ??= new Set()).add(peer);
}

export function linksOf(p: Process): Process[] {
  if (p.links === null) return [];
  return p.links instanceof Set ? [...p.links] : [p.links];
}

export function isLinked(p: Process, peer: Process): boolean {
  return p.links === peer || (p.links instanceof Set && p.links.has(peer));
}

/** Removes one direction; true when it was there. */
export function unlinkOne(p: Process, peer: Process): boolean {
  const { links } = p;
  if (links === peer) {
    p.links = null;
    return true;
  }
  return links instanceof Set && links.delete(peer);
}

// One link is the common case (a child and its supervisor): it is held without a Set.
function addLink(p: Process, peer: Process): void {
  const { links } = p;
  if (links === null || links === peer) p.links = peer;
  else if (links instanceof Set) links.add(peer);
  else p.links = new Set([links, peer]);
}
