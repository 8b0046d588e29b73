import { attack } from '../check/attack.ts';
import type { CheckCase } from '../check/shrink.ts';
import { COMMAND_OF } from '../check/request.ts';
import { claimsOf, requestValues } from '../map/request.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import type { Row } from '../check/rows.ts';
import type { Proof } from './prove.ts';
import type { Property } from './property.ts';
import type { Counterexample, Judgement, RowValues } from './verdict.ts';

/** Result of random requests at what was proven. */
export interface ProofAttack {
  readonly requests: number;
  /** Requests that Postgres did not reject. */
  readonly served: number;
  /** Rows that were filled in. */
  readonly rows: number;
  /** Proven judgements that were attacked. */
  readonly judgements: number;
  readonly seconds: number;
  /** Proofs that a request contradicts, which are wrong. */
  readonly contradictions: readonly Contradiction[];
}

/** A request that reaches what was proven to be out of reach. */
export interface Contradiction {
  readonly property: Property;
  readonly counterexample: Counterexample;
}

/** Start of an attack on a proof. */
export interface ProofAttackOptions {
  /** Superuser on a database that nobody else uses. */
  readonly connection: DatabaseConnection;
  readonly declaration: Declaration;
  /** Time for all properties together; each gets the same part, and one round at least. */
  readonly seconds: number;
  /** Number that decides on all random ones. @default 1 */
  readonly seed?: number;
}

/**
 * Attacks all that was proven with random requests on random rows. A proof that a request contradicts becomes a leak with
 * that request.
 */
export async function attackProof(
  proof: Proof,
  { connection, declaration, seconds, seed = 1 }: ProofAttackOptions,
): Promise<Proof & { readonly attack: ProofAttack }> {
  const start = performance.now();
  const targets = provenProperties(proof.judgements);
  const total = { requests: 0, served: 0, rows: 0 };
  const contradictions: Contradiction[] = [];
  for (const [at, property] of targets.entries()) {
    const { violation, ...counted } = await attack(connection, property, {
      schemas: [...declaration.schemas, ...declaration.internalSchemas],
      exposed: declaration.schemas,
      frame: frameOf(declaration, property),
      claims: tokenClaimsOf(declaration, property),
      anonymous: declaration.anonymous?.name,
      seconds: seconds / targets.length,
      seed: seed + at,
    });
    total.requests += counted.requests;
    total.served += counted.served;
    total.rows += counted.rows;
    if (violation) contradictions.push({ property, counterexample: counterexampleOf(property, violation) });
  }
  return {
    ...proof,
    judgements: proof.judgements.map((judgement) => contradicted(judgement, contradictions)),
    attack: {
      ...total,
      judgements: targets.reduce((sum, { roles, commands }) => sum + roles.length * commands.length, 0),
      seconds: (performance.now() - start) / 1000,
      contradictions,
    },
  };
}

/** Properties with the roles and commands for which they were proven. */
function provenProperties(judgements: readonly Judgement[]): readonly Property[] {
  const groups = new Map<Property, Map<string, RowCommand[]>>();
  for (const { property, role, command, verdict } of judgements) {
    if (verdict.status !== 'proven') continue;
    const byRole = groups.get(property) ?? new Map<string, RowCommand[]>();
    groups.set(property, byRole);
    byRole.set(role, [...(byRole.get(role) ?? []), command]);
  }
  return [...groups].flatMap(([property, byRole]) => {
    const bySet = new Map<string, { roles: string[]; commands: readonly RowCommand[] }>();
    for (const [role, commands] of byRole) {
      const known = bySet.get(commands.join()) ?? { roles: [], commands };
      known.roles.push(role);
      bySet.set(commands.join(), known);
    }
    return [...bySet.values()].map((part): Property => ({ ...property, ...part }));
  });
}

function frameOf(declaration: Declaration, { relation }: Property) {
  const request = { relation, command: 'update', subject: undefined } as const;
  const { names, settings, pre_request } = requestValues(declaration, request);
  const path = names.indexOf('search_path');
  return { settings: { search_path: settings[path]! }, before: pre_request };
}

/** Claims that a signer adds to each token. */
function tokenClaimsOf(declaration: Declaration, { roles }: Property): Record<string, unknown> {
  const claims = Object.entries(claimsOf(declaration, { role: roles[0]!, claims: {} }));
  return Object.fromEntries(claims.filter(([name]) => name !== 'role'));
}

function contradicted(judgement: Judgement, contradictions: readonly Contradiction[]): Judgement {
  const { property, role, command, verdict } = judgement;
  const found = contradictions.find(
    ({ property: attacked, counterexample }) =>
      attacked.name === property.name &&
      attacked.only === property.only &&
      attacked.relation === property.relation &&
      counterexample.role === role &&
      attacked.commands.includes(command),
  );
  const isOf = found && verdict.status === 'proven';
  return isOf ? { ...judgement, verdict: { status: 'leak', counterexample: found.counterexample } } : judgement;
}

function counterexampleOf({ commands, relation }: Property, { rows, request }: CheckCase): Counterexample {
  const { sender, target, kind } = request;
  const isOther = kind !== 'call' && (target.schema !== relation.schema || target.name !== relation.name);
  return {
    role: sender.role,
    claims: sender.claims ?? {},
    rows: rows.map(({ schema, name, row }) => ({ schema, name, values: valuesOf(row) })),
    request: {
      way: kind === 'call' ? 'function' : 'table',
      schema: target.schema,
      name: target.name,
      ...(isOther && { of: { schema: target.schema, name: target.name } }),
      command: kind === 'call' ? commands[0]! : COMMAND_OF[kind],
      ...(kind === 'insert' && { written: valuesOf(request.rows[0] ?? {}) }),
      ...(kind === 'update' && { written: valuesOf(request.set) }),
      ...(kind === 'call' && { arguments: valuesOf(request.arguments) }),
    },
  };
}

function valuesOf(row: Row): RowValues {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, value === null ? null : String(value)]),
  );
}
