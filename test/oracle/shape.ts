import { isTuple, printTerm, type Term } from './term.js';

/** Says what is wrong with a term, or null when it has the shape. */
export type Shape = (term: Term) => string | null;

export const atom: Shape = (term) => (typeof term === 'string' ? null : `${printTerm(term)} is no atom`);

export function one(...known: readonly string[]): Shape {
  return (term) =>
    (typeof term === 'string' && known.includes(term)
      ? null
      : `${printTerm(term)} is none of ${known.join(', ')}`);
}

export function label(prefix: string): Shape {
  const pattern = new RegExp(`^${prefix}\\d{1,4}$`);
  return (term) =>
    (typeof term === 'string' && pattern.test(term) ? null : `${printTerm(term)} is no label like ${prefix}1`);
}

export function int(min: number, max: number): Shape {
  return (term) => (typeof term === 'number' && term >= min && term <= max
    ? null
    : `${printTerm(term)} is no whole number from ${min} to ${max}`);
}

export function list(item: Shape, max: number = 64): Shape {
  return (term) => {
    if (!Array.isArray(term) || isTuple(term)) return `${printTerm(term)} is no list`;
    if (term.length > max) return `a list of ${term.length}, at most ${max}`;
    return firstProblem(term, () => item);
  };
}

/** A tuple by its first atom; `tuples({ link: [proc] })` takes `{link,p1}`. */
export function tuples(known: Readonly<Record<string, readonly Shape[]>>): Shape {
  return (term) => {
    if (!isTuple(term)) return `${printTerm(term)} is no tuple`;
    const fields = Object.hasOwn(known, term[0]) ? known[term[0]] : undefined;
    if (fields === undefined) return `{${term[0]},…} is none of ${Object.keys(known).join(', ')}`;
    if (term.length - 1 !== fields.length) {
      return `${printTerm(term)} has ${term.length - 1} fields, {${term[0]},…} takes ${fields.length}`;
    }
    return firstProblem(term.slice(1), (at) => fields[at] as Shape);
  };
}

export function either(...shapes: readonly Shape[]): Shape {
  return (term) => {
    const problems = shapes.map((shape) => shape(term));
    return problems.includes(null) ? null : problems.join(', and ');
  };
}

/** For shapes that contain themselves. */
export function lazy(shape: () => Shape): Shape {
  return (term) => shape()(term);
}

function firstProblem(terms: readonly Term[], shape: (at: number) => Shape): string | null {
  for (const [at, term] of terms.entries()) {
    const problem = shape(at)(term);
    if (problem !== null) return problem;
  }
  return null;
}
