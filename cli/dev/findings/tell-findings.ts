import { pendingSteps } from '../../../apply/plan/plan.ts';
import { reading } from '../../../apply/diff.ts';
import { audit } from '../../../audit/audit.ts';
import { findingLine } from '../../../audit/finding.ts';
import type { Declaration } from '../../../declaration/types.ts';
import type { Catalog } from '../../../postgres/catalog/catalog.ts';
import { readCatalog } from '../../../postgres/catalog/read-catalog.ts';
import { connect } from '../../../postgres/connect.ts';
import type { EphemeralPostgrest } from '../../../testing/index.ts';
import { connectionOf } from '../database.ts';
import { closedLines } from './closed.ts';

/**
 * Makes a function that prints what an environment's database keeps closed, and the warnings of the audit; called again, only
 * what is new. Warnings about the server are left out: the program is the test's, not the deployment's.
 */
export function findingsTeller(
  environment: Pick<EphemeralPostgrest, 'databaseUrl' | 'declaration'>,
): () => Promise<void> {
  let printed: readonly string[] = [];
  return async () => {
    const { databaseUrl, declaration } = environment;
    const catalog = await reading(await connect(connectionOf(databaseUrl)), declaration, readCatalog);
    const lines = [...closedLines(declaration, catalog), ...warningLines(declaration, catalog)];
    for (const line of lines) if (!printed.includes(line)) console.log(line);
    printed = lines;
  };
}

function warningLines(declaration: Declaration, catalog: Catalog): string[] {
  return audit(declaration, catalog, pendingSteps(declaration, catalog))
    .filter(({ object }) => object.kind !== 'server')
    .map((finding) => `${finding.level}: ${findingLine(finding)}`);
}
