import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

const schema =
  JSON.parse(readFileSync(new URL('./cyclonedx-1.6.subset.schema.json', import.meta.url), 'utf8')) as object;
const ajv = new Ajv({ allErrors: true, strict: false });
formats.default(ajv);
const validate = ajv.compile(schema);

/** What the CycloneDX 1.6 schema has against a bill of materials; empty when it is valid. */
export function schemaErrors(bom: unknown): string[] {
  validate(bom);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
