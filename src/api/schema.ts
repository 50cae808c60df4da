/** The part of Standard Schema v1 that is used: zod, valibot, arktype and others implement it. */
export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

export type StandardResult<
  Out,
> = { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type SchemaInput<
  T,
> = T extends {
  readonly '~standard': { readonly types?: { readonly input: infer In } | undefined };
} ? In : never;

export type SchemaOutput<
  T,
> = T extends {
  readonly '~standard': { readonly types?: { readonly output: infer Out } | undefined };
} ? Out : never;
