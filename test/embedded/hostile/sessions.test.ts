import { expect, it } from 'vitest';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { strain } from './strain.ts';

interface Who {
  readonly role: string;
  readonly [setting: string]: unknown;
}

const clean = { more: null, header: null, time_zone: 'UTC' };
const anonymous: Who = {
  ...clean,
  role: 'strain_anon',
  setting: 'strain_anon',
  user_id: null,
  timeout: '400ms',
  work_mem: '4MB',
};
const hasty = (user_id: number): Who => ({
  ...clean,
  role: 'strain_hasty',
  setting: 'strain_hasty',
  user_id,
  timeout: '300ms',
  work_mem: '1MB',
});
const patient = (user_id: number): Who => ({
  ...clean,
  role: 'strain_patient',
  setting: 'strain_patient',
  user_id,
  timeout: '2500ms',
  work_mem: '4MB',
});

it.each([1, 2])('with %i connections no request sees anything of another', { timeout: 120_000 }, async (poolSize) => {
  await using api = await startEphemeralPostgrest({ ...strain, server: { ...strain.server, poolSize } });
  const who = async (token: string | undefined, headers: Record<string, string> = {}) => {
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`${api.url}/rpc/who`, { headers: { ...authorization, ...headers } });
    return response.json() as Promise<Who>;
  };
  /** Requests that leave something behind, if any do: they fail, are cut off, or set what they can. */
  const disturb = async (token: string) => {
    const headers = { Authorization: `Bearer ${token}`, Prefer: 'timezone=Asia/Tokyo', 'X-Mine': 'left behind' };
    const paths = ['rpc/poison', 'rpc/nap', 'own?id=eq.x', 'nodes?select=id&limit=1', 'rpc/who'];
    const path = paths[Math.floor(Math.random() * paths.length)]!;
    const init = path === 'rpc/nap' || path === 'rpc/poison' ? { method: 'POST', body: '{"seconds":0.35}' } : {};
    const body = path === 'rpc/poison' ? { body: '{}' } : {};
    const type = { 'Content-Type': 'application/json' };
    await (await fetch(`${api.url}/${path}`, { ...init, ...body, headers: { ...headers, ...type } })).text();
  };

  const ask = async (index: number) => {
    const user = index % 50;
    const token = await api.tokenFor('strain_hasty', { user_id: user, ...(index % 7 === 0 && { more: index }) });
    switch (index % 6) {
      case 0:
        return expect(await who(undefined), String(index)).toEqual(anonymous);
      case 1:
        return expect(await who(await api.tokenFor('strain_patient', { user_id: user }))).toEqual(patient(user));
      case 2:
        return disturb(token);
      case 3: {
        const response = await fetch(`${api.url}/own?select=user_id`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        return expect(await response.json()).toEqual([{ user_id: user }]);
      }
      case 4: {
        const answer = await who(token, { 'X-Mine': String(index), Prefer: 'timezone=Europe/Paris' });
        const more = index % 7 === 0 ? index : null;
        return expect(answer).toEqual({ ...hasty(user), header: String(index), time_zone: 'Europe/Paris', more });
      }
      default:
        return expect(await who(token)).toEqual({ ...hasty(user), more: index % 7 === 0 ? index : null });
    }
  };

  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 30 }, (_, index) => ask(round * 30 + index)));
  }
  expect(await who('not a token')).toMatchObject({ code: 'PGRST301' });
  expect(await who(undefined)).toEqual(anonymous);
});
