import type pg from 'pg';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { AccessDiff } from '../diff/access-diff.ts';
import { judge } from './judge.ts';
import { deriveFromSurvey } from './properties/derive-from-survey.ts';
import { deriveProperties, type Administrator } from './properties/derive-properties.ts';
import type { Property } from './property.ts';
import { replay, type Replayed } from './replay/replay.ts';
import { judgeRevocation } from './revocation.ts';
import type { ProofAttack } from './attack-proof.ts';
import type { Solver } from './solver.ts';
import type { Counterexample, Judgement, Verdict } from './verdict.ts';

/** A database to prove, and what is known of it. */
export interface ProofTarget {
  readonly audited: Anywhere;
  /** @default none: properties derive from the database itself */
  readonly declaration?: Declaration | undefined;
  /** Properties beside the derived ones. @default none */
  readonly properties?: readonly Property[];
  /** Client of a superuser, to replay counterexamples with. @default none: nothing is replayed */
  readonly client?: pg.ClientBase | undefined;
  readonly solver: Solver;
  /** Compares the database with its declaration. @default not compared */
  readonly compare?: (() => Promise<AccessDiff>) | undefined;
}

/** Verdicts for all properties of a database. */
export interface Proof {
  readonly judgements: readonly Judgement[];
  /** True if each leak was confirmed by a real database. */
  readonly replayed: boolean;
  /** Answer of the database to the counterexample of a leak. */
  readonly replays: ReadonlyMap<Counterexample, Extract<Replayed, { status: 'confirmed' }>>;
  readonly administrators: readonly Administrator[];
  /** Verdict for revoked tokens; undefined where none can be revoked. */
  readonly revocation: Verdict | undefined;
  /** How the database differs from its declaration; undefined where it was not compared. */
  readonly asDeclared: AccessDiff | undefined;
  readonly milliseconds: number;
  /** Random requests at what was proven. @default none were sent */
  readonly attack?: ProofAttack;
}

/** Judges the derived properties of a database, and those that are given, and replays each counterexample. */
export async function prove(target: ProofTarget): Promise<Proof> {
  const { audited, declaration, properties = [], client, solver, compare } = target;
  const start = performance.now();
  const derived = declaration
    ? deriveProperties(declaration, audited)
    : { properties: deriveFromSurvey(audited), administrators: [] };
  const replays = new Map<Counterexample, Extract<Replayed, { status: 'confirmed' }>>();
  const judgements = await judge(audited, [...derived.properties, ...properties], {
    solver,
    ...(client && {
      replay: async (property: Property, counterexample: Counterexample) => {
        const result = await replay({ client, audited, declaration }, property, counterexample);
        if (result.status === 'not confirmed') return { confirmed: false, why: result.why };
        replays.set(counterexample, result);
        return { confirmed: true };
      },
    }),
  });
  return {
    judgements,
    replayed: client !== undefined,
    replays,
    administrators: derived.administrators,
    revocation: declaration && (await judgeRevocation(declaration, audited)),
    asDeclared: await compare?.(),
    milliseconds: performance.now() - start,
  };
}
