/**
 * The package URL of an npm package: `pkg:npm/%40scope/name@1.2.3`.
 * Every segment is percent-encoded, the `@` of a scope included.
 */
export function npmPurl(name: string, version: string | null): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return version === null ? `pkg:npm/${path}` : `pkg:npm/${path}@${encodeURIComponent(version)}`;
}
