import type { Figures } from '../report.ts';
import { generateKey } from '../../tokens/index.ts';
import { addCosts, type Cost } from './cost.ts';
import { ROW_ID } from './declaration.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

/** The request that all others are compared with. */
export const FLOOR = 'floor: one row, no token, no policy, no pre-request';
export const WITH_TOKEN = 'one row, ES256, no policy, no pre-request';
export const WITH_CHECK = 'one row, ES256, no policy, pre-request';
/** The request of a deployed API that most others resemble. */
export const ONE_ROW = 'one row by key, own rows';
export const MANY_ROWS = (count: number) => `${count} rows, own rows`;
export const INSERT = 'insert of one row, own rows';
export const CALL = 'call of a function';
export const MEMBER = 'one row by key, member of a project, within the tenant';

const byKey = (table: string) => `/${table}?id=eq.${ROW_ID}&select=id,title`;
/** Path of the request of {@link ONE_ROW}. */
export const ONE_ROW_PATH = byKey('owned');

/** A request of a user; with a body it is a POST. */
export interface UserRequest {
  readonly name: string;
  readonly path: string;
  readonly body?: string;
}

export const userRequests: readonly UserRequest[] = [
  { name: ONE_ROW, path: ONE_ROW_PATH },
  { name: MEMBER, path: byKey('shared') },
  ...[10, 100, 1000].map((count) => ({
    name: MANY_ROWS(count),
    path: `/owned?select=id,title,project_id,tenant_id&order=id&limit=${count}`,
  })),
  { name: INSERT, path: '/owned', body: JSON.stringify({ project_id: 7, title: 'a new one' }) },
  { name: CALL, path: '/rpc/title_of', body: JSON.stringify({ id: ROW_ID }) },
];

/** What a request costs by its kind, by its policy, with a token and with the check before it. */
export async function benchKinds(figures: Figures, servers: ScalingServers): Promise<void> {
  const key = await generateKey('ES256');
  const token = await tokenOf(key);
  const plain = await servers.serve({ key, preRequest: false });
  const checked = await servers.serve({ key });
  await addCosts(figures, [
    { name: FLOOR, url: plain.url + byKey('open') },
    { name: WITH_TOKEN, floor: FLOOR, url: plain.url + byKey('open'), orders: { token } },
    { name: WITH_CHECK, floor: WITH_TOKEN, url: checked.url + byKey('open'), orders: { token } },
    ...userRequests.map(({ name, path, body }): Cost => ({
      name,
      floor: name === ONE_ROW || name === MEMBER ? WITH_CHECK : ONE_ROW,
      url: checked.url + path,
      orders: { token, ...(body !== undefined && { body }) },
    })),
  ]);
  await Promise.all([plain.stop(), checked.stop()]);
}
