import type { Survey, SurveyedRelation, SurveyedRole, SurveyedSchema } from '../../../audit/anywhere/survey.ts';

/** Parts of a survey; all that is not given is empty, or as a plain role has it. */
export interface SurveyParts {
  readonly roles?: Readonly<Record<string, Partial<SurveyedRole>>>;
  /** Each as `member in role`. */
  readonly memberships?: readonly string[];
  readonly settings?: Survey['settings'];
  /** Roles with USAGE, by schema. */
  readonly schemas?: Readonly<Record<string, readonly string[]>>;
  readonly relations?: readonly Pick<SurveyedRelation, 'schema' | 'grants'>[];
}

/** Makes a survey of a database that holds little. */
export function surveyOf({
  roles = {},
  memberships = [],
  settings = [],
  schemas = {},
  relations = [],
}: SurveyParts): Survey {
  return {
    server: {
      version: 180_000,
      database: 'app',
      user: 'postgres',
      vague_texts: false,
      owner: 'postgres',
      grants: [],
      settings: {},
    },
    roles: new Map(Object.entries(roles).map(([name, attributes]) => [name, { ...PLAIN, name, ...attributes }])),
    memberships: memberships.map((words) => {
      const [member = '', role = ''] = words.split(' in ');
      return { member, role, admin: false, inherit: false, set: true };
    }),
    settings,
    schemas: new Map(
      Object.entries(schemas).map(([name, users]): [string, SurveyedSchema] => [
        name,
        {
          name,
          owner: 'postgres',
          grants: users.map((grantee) => ({ grantee, privilege: 'USAGE', grantable: false })),
          extension: false,
        },
      ]),
    ),
    relations: relations.map((relation) => ({ ...EMPTY, ...relation })),
    functions: [],
    serverFunctions: [],
    defaultPrivileges: [],
    extensions: [],
    eventTriggers: [],
    largeObjects: [],
    foreignServers: [],
  };
}

const PLAIN: SurveyedRole = {
  name: '',
  superuser: false,
  inherit: true,
  create_role: false,
  create_database: false,
  login: false,
  replication: false,
  bypass_rls: false,
};

const EMPTY: SurveyedRelation = {
  id: '1',
  schema: '',
  name: 'notes',
  kind: 'r',
  owner: 'postgres',
  row_security: false,
  force_row_security: false,
  partition: false,
  rows: 0,
  security_invoker: false,
  security_barrier: false,
  check_option: false,
  grants: [],
  extension: null,
  definition: null,
  writable: [],
  columns: [],
  checks: [],
  indexes: [],
  references: [],
  policies: [],
  triggers: [],
  rules: [],
  parents: [],
  children: [],
  reads: [],
  calls: [],
  published: [],
  subscriptions: [],
};
