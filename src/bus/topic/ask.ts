/** How a reader wants what it gets: a message, an iterator's step, or a list of messages. */
export const Form = { Message: 0, Step: 1, Batch: 2 } as const;
export type Form = (typeof Form)[keyof typeof Form];

/** A message as a reader wants it. */
export function given(form: Form, item: unknown): unknown {
  if (form === Form.Message) return item;
  return form === Form.Step ? { done: false, value: item } : [item];
}

/** The end as a reader wants it. */
export function none(form: Form): unknown {
  if (form === Form.Message) return undefined;
  return form === Form.Step ? { done: true, value: undefined } : [];
}

/** A reader that waits. */
export class Ask {
  readonly promise: Promise<unknown>;
  private resolve!: (value: unknown) => void;
  reject!: (error: unknown) => void;
  constructor(private readonly form: Form) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  give(item: unknown): void {
    this.resolve(given(this.form, item));
  }

  end(): void {
    this.resolve(none(this.form));
  }
}
