interface Member<R> {
  readonly ref: R;
  inFlight: number;
}

/** Interchangeable agents: each request goes to the one with the fewest requests in flight. */
export class Pool<R> {
  readonly #members: Member<R>[];

  constructor(refs: readonly R[]) {
    this.#members = refs.map((ref) => ({ ref, inFlight: 0 }));
  }

  async use<T>(request: (ref: R) => Promise<T>): Promise<T> {
    const member = this.#members.reduce((best, other) => (other.inFlight < best.inFlight ? other : best));
    member.inFlight += 1;
    try {
      return await request(member.ref);
    } finally {
      member.inFlight -= 1;
    }
  }
}
