import type { DesiredFunction, DesiredTable, DesiredTrigger } from './desired-access.ts';
import { raw } from '../postgres/statements.ts';
import { functionPart } from './function-part.ts';
import { oneName, subjectNames, subjectText } from './subject-names.ts';
import { packageTemplate, render, type TemplateValues } from '../postgres/template.ts';
import type { Declaration, Revocation } from '../declaration/types.ts';

/** Objects in the database for the revocation of tokens, and a part of the check before each request. */
export interface RevocationSql {
  readonly tables: readonly DesiredTable[];
  readonly functions: readonly DesiredFunction[];
  readonly triggers: readonly DesiredTrigger[];
  /** The parts of the check. */
  readonly check: {
    /** Condition: what a revocation goes by is short enough. */
    readonly shortNames: string;
    /** Names the problem of what a revocation goes by. */
    readonly revocable: string;
    /** Rejects a revoked token. */
    readonly isRevoked: string;
  };
}

/** Columns and primary key of each table. */
const TABLES = {
  revoked_tokens: 'expires_at timestamp with time zone NOT NULL, jti text COLLATE "C" NOT NULL, PRIMARY KEY (jti)',
  tokens_valid_after:
    'subject text COLLATE "C" NOT NULL, valid_after timestamp with time zone NOT NULL, PRIMARY KEY (subject)',
};

const OFF: RevocationSql = {
  tables: [],
  functions: [],
  triggers: [],
  check: { shortNames: '', revocable: '', isRevoked: '' },
};

/** @param everyone the API roles */
export function revocationSql(declaration: Declaration, everyone: readonly string[]): RevocationSql {
  const { revocation } = declaration.tokens;
  if (!revocation) return OFF;
  const own = { private: declaration.privateSchema };
  const { subject } = revocation;
  const names = { fragment: subjectNames(declaration, revocation) };
  return {
    tables: Object.entries(TABLES).map(([name, definition]) => ({
      name,
      definition,
      statement: render(packageTemplate(`compile/revocation/${name.replaceAll('_', '-')}`), own).trim(),
    })),
    functions: [
      {
        name: 'token_is_revoked',
        arguments: [],
        statement: render(packageTemplate('compile/functions/token-is-revoked'), {
          ...own,
          body: render(packageTemplate('compile/functions/token-is-revoked-body'), {
            ...own,
            subject: raw(subjectText(revocation)),
            has_one_name: raw(oneName(declaration, revocation)),
            names,
          }),
        }),
        executableBy: everyone,
      },
      {
        name: 'subject_names',
        arguments: ['text'],
        statement: render(packageTemplate('compile/functions/subject-names'), {
          ...own,
          body: render(packageTemplate('compile/functions/subject-names-body'), {
            names,
          }),
        }),
        executableBy: [],
      },
      ...operatorFunctions(own),
    ],
    triggers: triggers(revocation, own),
    check: {
      shortNames: check('short-names', { subject }),
      revocable: check('revocable', { subject, subject_name: subject.join('.') }),
      isRevoked: check('revocation', own),
    },
  };
}

function check(name: string, values: TemplateValues): string {
  return functionPart(`examine-request-${name}`, values);
}

/** Nobody but the owner may call them. */
function operatorFunctions(own: { readonly private: string }): DesiredFunction[] {
  const ofOwner = (name: string, types: readonly string[]): DesiredFunction => ({
    name,
    arguments: types,
    statement: render(packageTemplate(`compile/functions/${name.replaceAll('_', '-')}`), own),
    executableBy: [],
  });
  return [
    ofOwner('revoke_token', ['text', 'timestamp with time zone']),
    ofOwner('revoke_subjects', ['text[]']),
    {
      name: 'revoke_subject',
      arguments: ['text'],
      statement: render(packageTemplate('compile/functions/revoke-subject'), {
        ...own,
        body: render(packageTemplate('compile/functions/revoke-subject-body'), own).trim(),
      }),
      executableBy: [],
    },
    ofOwner('revoke_changed_subject', []),
  ];
}

function triggers({ revokeOnChange }: Revocation, own: { readonly private: string }): DesiredTrigger[] {
  const trigger = 'revoke_tokens';
  return revokeOnChange.map(({ schema, name, columns }) => ({
    table: { schema, name },
    name: trigger,
    columns,
    statement: render(packageTemplate('compile/revocation/trigger'), {
      ...own,
      trigger,
      schema,
      table: name,
      columns,
    }).trim(),
  }));
}
