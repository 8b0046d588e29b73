import { statementsOf } from '../../postgres/statements.ts';
import { requestSearchPath } from '../../apply/search-path.ts';
import { providerOf, tokenClaims } from '../../declaration/keys/provider.ts';
import type { Command, Declaration, QualifiedName } from '../../declaration/types.ts';
import { epochSeconds } from '../../tokens/epoch-seconds.ts';
import type { Subject } from '../subjects.ts';

const statement = statementsOf('access/probes');

/** HTTP method of a request for each command. */
export const METHODS: Readonly<Record<Command, string>> = {
  select: 'GET',
  insert: 'POST',
  update: 'PATCH',
  delete: 'DELETE',
};

/** Role of a subject; undefined if requests without a token are rejected. */
export function roleOf({ anonymous }: Declaration, subject: Subject | undefined): string | undefined {
  return subject ? subject.role : anonymous?.name;
}

/** Role that PostgREST gives a request before the pre-request check. */
function arrivalRole(declaration: Declaration, subject: Subject | undefined): string | undefined {
  return roleOf(declaration, providerOf(declaration.keys) ? undefined : subject);
}

/** A command that a subject sends to a table or view. */
export interface Request {
  readonly relation: QualifiedName;
  readonly command: Command;
  /** Undefined for a request without a token. */
  readonly subject: Subject | undefined;
  /** True where `relation` names a function that the request calls. @default false */
  readonly callsFunction?: boolean;
}

/** Settings with which PostgREST begins the transaction of a request, in order, and the statement that it runs then. */
export function requestValues(
  declaration: Declaration,
  { relation, command, subject, callsFunction = false }: Request,
) {
  const { schemas, privateSchema } = declaration;
  const exposed = schemas.includes(relation.schema) ? relation.schema : schemas[0]!;
  const settings = {
    search_path: requestSearchPath(declaration, exposed),
    transaction_read_only: command === 'select' && !callsFunction ? 'on' : 'off',
    'request.method': callsFunction ? 'POST' : METHODS[command],
    // Clients send it like this.
    'request.path': `${callsFunction ? '/rpc' : ''}/${encodeURIComponent(relation.name)}`,
    'request.headers': '{}',
    'request.cookies': '{}',
    'request.jwt.claims': JSON.stringify(claimsOf(declaration, subject)),
    role: arrivalRole(declaration, subject)!,
  };
  return {
    names: Object.keys(settings),
    settings: Object.values(settings),
    pre_request: statement('pre_request', { private: privateSchema }),
  };
}

/** Claims of the subject, and those that a signer adds. */
export function claimsOf(declaration: Declaration, subject: Subject | undefined): Record<string, unknown> {
  const role = arrivalRole(declaration, subject);
  if (!subject) return { role };
  const provider = providerOf(declaration.keys);
  const { requiredClaims } = declaration.tokens;
  const { issuer, audience } = provider ?? declaration.tokens;
  const now = epochSeconds();
  const added = { sub: 'sample', jti: 'sample', nbf: now };
  return {
    iat: now,
    exp: now + 3600,
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
    ...Object.fromEntries(Object.entries(added).filter(([claim]) => requiredClaims.includes(claim))),
    ...(provider ? tokenClaims(provider, subject.role, subject.claims ?? {}) : subject.claims),
    role,
  };
}
