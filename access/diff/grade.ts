/**
 * How access changes. `incomparable` loses some and gains some; `not decided` has a piece that is not understood.
 */
export type Grade = 'same' | 'narrower' | 'wider' | 'incomparable' | 'not decided';

/** Grades that a reader looks at first to those that need no look. */
export const GRADES: readonly Grade[] = ['wider', 'incomparable', 'not decided', 'narrower', 'same'];

/** Certain part of a change that is not decided. */
export type Bound = 'not wider' | 'not narrower';

/** A grade, and what is sure where it is `not decided`. */
export interface Graded {
  readonly grade: Grade;
  readonly bound?: Bound | undefined;
}

/** Tests if access may be wider than before: what is not decided counts, unless it is sure that it is not wider. */
export function mayBeWider({ grade, bound }: Graded): boolean {
  return grade === 'wider' || grade === 'incomparable' || (grade === 'not decided' && bound !== 'not wider');
}

/** The grade of access that has two sides, such as rows and columns. */
export function combined(one: Graded, other: Graded): Graded {
  if (one.grade === 'same') return other;
  if (other.grade === 'same') return one;
  if (one.grade === 'not decided' || other.grade === 'not decided') {
    const [first, second] = [boundOf(one), boundOf(other)];
    return { grade: 'not decided', bound: first === second ? first : undefined };
  }
  return { grade: one.grade === other.grade ? one.grade : 'incomparable' };
}

function boundOf({ grade, bound }: Graded): Bound | undefined {
  if (grade === 'wider') return 'not narrower';
  return grade === 'narrower' ? 'not wider' : bound;
}

/** The grade by what is gained and what is lost. */
export function gradeOf(gains: boolean, loses: boolean): Grade {
  if (gains) return loses ? 'incomparable' : 'wider';
  return loses ? 'narrower' : 'same';
}
