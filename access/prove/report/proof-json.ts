import type { ProofAttack } from '../attack-proof.ts';
import type { Proof } from '../prove.ts';
import { totals } from './proof-summary.ts';

/** A proof as JSON: each judgement, administrators, totals, differences from the declaration, and the time. */
export function proofJson(proof: Proof): string {
  const { judgements, administrators, revocation, asDeclared, replayed, milliseconds, attack } = proof;
  const entries = judgements.map(({ property, role, command, verdict }) => {
    const { name, words, relation, columns, only } = property;
    return {
      property: name,
      words,
      schema: relation.schema,
      table: relation.name,
      role,
      command,
      columns,
      only,
      ...verdict,
    };
  });
  const report = {
    totals: totals(judgements),
    replayed,
    seconds: Math.round(milliseconds / 100) / 10,
    judgements: entries,
    administrators: administrators.map(({ role, relation, commands }) => ({
      role,
      schema: relation.schema,
      table: relation.name,
      commands,
    })),
    ...(revocation && { revocation }),
    ...(asDeclared && { asDeclared: { changes: asDeclared.changes, same: asDeclared.same } }),
    ...(attack && { attack: attackJson(attack) }),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function attackJson({ contradictions, seconds, ...counts }: ProofAttack) {
  return {
    ...counts,
    seconds: Math.round(seconds * 10) / 10,
    contradictions: contradictions.map(({ property: { name, words, relation }, counterexample }) => ({
      property: name,
      words,
      schema: relation.schema,
      table: relation.name,
      counterexample,
    })),
  };
}
