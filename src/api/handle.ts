/** Where a handle leads; opaque. */
export interface HandlePlace {
  /** the name or pid, as errors call it */
  readonly title: string;
}

/**
 * What has a handle of its own kind, and no plain ref: a registry, a scope, an event manager, a
 * pool, a specification of a child, the class of a supervisor's handle. `system.ref(it, name)`
 * makes the handle.
 */
export interface HasHandle<H> {
  /** `system.ref` calls it */
  handleAt(place: HandlePlace): H;
}
