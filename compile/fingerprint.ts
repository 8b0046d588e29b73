import { createHash } from 'node:crypto';
import { desiredAccess } from './access.ts';
import type { Declaration } from '../declaration/types.ts';

/** Changes when a database would have to be brought to another state: not with server settings, keys, ports or accepted advisories. */
export function accessFingerprint(declaration: Declaration): string {
  const { functions, policies, tables, triggers, defaults } = desiredAccess(declaration);
  // A policy is what it is rendered to: the path of its file, which differs from checkout to checkout, does not count.
  const relations = [declaration.tables, declaration.views].map((list) =>
    list.map(({ schema, name, grants }) => ({ schema, name, grants })),
  );
  const access = {
    ...declaration,
    server: undefined,
    keys: undefined,
    acceptedAdvisories: undefined,
    tables: relations,
    views: undefined,
    desired: [
      functions.map((fn) => ({ ...fn, place: undefined })),
      ...[policies, tables, triggers, defaults].map((list) => list.map(({ statement }) => statement)),
    ],
  };
  return createHash('sha256').update(JSON.stringify(access)).digest('hex');
}
