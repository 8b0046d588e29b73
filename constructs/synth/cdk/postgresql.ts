/** @ts-ignore: one of the two packages is installed */
import type * as terrain from '@cdktn/provider-postgresql';
/** @ts-ignore */
import type * as cdktf from '@cdktf/provider-postgresql';
import { type Installed, load } from './installed.ts';

type Postgresql = Installed<typeof terrain, typeof cdktf>;

const module = <Name extends Extract<keyof Postgresql, string>>(name: Name) =>
  load<Postgresql[Name]>(`@cdktn/provider-postgresql/lib/${name}/index.js`);

export const PostgresqlProvider: Postgresql['provider']['PostgresqlProvider'] = module('provider').PostgresqlProvider;
export const Role: Postgresql['role']['Role'] = module('role').Role;

export type PostgresqlProvider = Installed<terrain.provider.PostgresqlProvider, cdktf.provider.PostgresqlProvider>;
export type RoleConfig = Installed<terrain.role.RoleConfig, cdktf.role.RoleConfig>;
