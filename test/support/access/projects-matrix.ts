import { acme, bolt, corax, subjects } from './projects-subjects.ts';
import type { RowMatrix } from './row-matrix.ts';

const all = (...rows: string[]) => ({ select: rows, update: rows, delete: rows });

export const projectsMatrix: RowMatrix = {
  subjects,
  tables: {
    plans: {
      rows: { free: 'id=eq.free', team: 'id=eq.team', partner: 'id=eq.partner' },
      text: 'name',
      change: { name: 'x' },
      candidates: { new: { id: 'new', name: 'x', monthly_price: 1 } },
      reached: {
        anonymous: { select: ['free', 'team'] },
        ada: { select: ['free', 'team'] },
        ben: { select: ['free', 'team'] },
        mia: { select: ['free', 'team'] },
        bob: { select: ['free', 'team'] },
        max: { select: ['free', 'team'] },
        bobAtAcme: { select: ['free', 'team'] },
        nobody: { select: ['free', 'team'] },
      },
    },
    tenants: {
      rows: { acme: `id=eq.${acme}`, bolt: `id=eq.${bolt}`, corax: `id=eq.${corax}` },
      text: 'name',
      change: { name: 'x' },
      candidates: { new: { slug: 'new', name: 'x', region: 'eu', plan_id: 'free' } },
      reached: {
        ada: { select: ['acme'] },
        ben: { select: ['acme'] },
        mia: { select: ['acme'], update: ['acme'] },
        bob: { select: ['bolt'] },
        max: { select: ['bolt'], update: ['bolt'] },
        bobAtAcme: { select: ['acme'] },
        eu: { select: ['acme', 'corax'] },
        everywhere: { select: ['acme', 'bolt', 'corax'] },
      },
    },
    users: {
      rows: { Ada: 'id=eq.1', Ben: 'id=eq.2', Mia: 'id=eq.3', Bob: 'id=eq.4', Max: 'id=eq.5', Cid: 'id=eq.6' },
      text: 'name',
      change: { name: 'x' },
      candidates: { new: { email: 'new@acme.example', name: 'x' }, atBolt: { tenant_id: bolt, email: 'x', name: 'x' } },
      reached: {
        ada: { select: ['Ada', 'Ben', 'Mia'], update: ['Ada'] },
        ben: { select: ['Ada', 'Ben', 'Mia'], update: ['Ben'] },
        mia: { select: ['Ada', 'Ben', 'Mia'], insert: ['new'], update: ['Mia'] },
        bob: { select: ['Bob', 'Max'], update: ['Bob'] },
        max: { select: ['Bob', 'Max'], insert: ['new'], update: ['Max'] },
        bobAtAcme: { select: ['Ada', 'Ben', 'Mia'] },
      },
    },
    projects: {
      rows: { website: 'id=eq.1', app: 'id=eq.2', boltWebsite: 'id=eq.3', garden: 'id=eq.4' },
      text: 'name',
      change: { archived: true },
      candidates: { new: { slug: 'new', name: 'x' }, atBolt: { tenant_id: bolt, slug: 'new', name: 'x' } },
      reached: {
        ada: { select: ['website'] },
        ben: { select: ['website', 'app'] },
        mia: { ...all('website', 'app'), insert: ['new'] },
        bob: { select: ['boltWebsite'] },
        max: { ...all('boltWebsite'), insert: ['new'] },
      },
    },
    project_members: {
      rows: {
        adaWebsite: 'project_id=eq.1&user_id=eq.1',
        benWebsite: 'project_id=eq.1&user_id=eq.2',
        benApp: 'project_id=eq.2&user_id=eq.2',
        bobWebsite: 'project_id=eq.3&user_id=eq.4',
        cidGarden: 'project_id=eq.4&user_id=eq.6',
      },
      text: 'role',
      change: { role: 'viewer' },
      candidates: {
        adaApp: { project_id: 2, user_id: 1, role: 'viewer' },
        atBolt: { tenant_id: bolt, project_id: 3, user_id: 5, role: 'lead' },
      },
      reached: {
        ada: { select: ['adaWebsite'] },
        ben: { select: ['benWebsite', 'benApp'] },
        mia: { ...all('adaWebsite', 'benWebsite', 'benApp'), insert: ['adaApp'] },
        bob: { select: ['bobWebsite'] },
        // The policies let it pass: the foreign key does not (Bolt has no project 2), see the cases.
        max: { ...all('bobWebsite'), insert: ['adaApp'] },
      },
    },
    tasks: {
      rows: { texts: 'id=eq.1', colours: 'id=eq.2', screens: 'id=eq.3', photographs: 'id=eq.4', pond: 'id=eq.5' },
      text: 'title',
      change: { done: true },
      candidates: {
        website: { project_id: 1, title: 'x' },
        app: { project_id: 2, title: 'x' },
        asBolt: { tenant_id: bolt, project_id: 3, title: 'x' },
      },
      reached: {
        ada: { ...all('texts', 'colours'), insert: ['website'] },
        ben: { select: ['texts', 'colours', 'screens'], insert: ['app'], update: ['screens'] },
        mia: { ...all('texts', 'colours', 'screens'), insert: ['website', 'app'] },
        bob: { ...all('photographs') },
        max: { ...all('photographs'), insert: ['website', 'app'] },
      },
    },
    comments: {
      rows: {
        half: 'body=eq.half of them are there',
        shorter: 'body=like.shorter*',
        paper: 'body=eq.on paper first',
        sun: 'body=eq.waiting for the sun',
      },
      text: 'body',
      change: { body: 'x' },
      candidates: {
        website: { project_id: 1, task_id: 1, body: 'x' },
        app: { project_id: 2, task_id: 3, body: 'x' },
        asBen: { project_id: 1, task_id: 1, author_id: 2, body: 'x' },
      },
      reached: {
        ada: { select: ['half', 'shorter'], insert: ['website'], update: ['half'], delete: ['half'] },
        ben: {
          select: ['half', 'shorter', 'paper'],
          insert: ['website', 'app'],
          update: ['shorter', 'paper'],
          delete: ['shorter', 'paper'],
        },
        mia: {
          select: ['half', 'shorter', 'paper'],
          insert: ['website', 'app'],
          delete: ['half', 'shorter', 'paper'],
        },
        bob: { ...all('sun') },
        max: { select: ['sun'], insert: ['website', 'app'], delete: ['sun'] },
      },
    },
    time_entries: {
      rows: { adas: 'note=eq.first half', bens: 'note=eq.pencils', bobs: 'note=eq.clouds' },
      text: 'note',
      change: { minutes: 5 },
      candidates: {
        own: { project_id: 1, task_id: 1, day: '2026-02-03', minutes: 5, note: 'x' },
        adas: { project_id: 1, task_id: 1, user_id: 1, day: '2026-02-03', minutes: 5, note: 'x' },
        bensApp: { project_id: 2, task_id: 3, user_id: 2, day: '2026-02-03', minutes: 5, note: 'x' },
      },
      reached: {
        ada: { ...all('adas'), insert: ['own', 'adas'] },
        ben: { ...all('bens'), insert: ['own', 'bensApp'] },
        mia: { select: ['adas', 'bens'] },
        bob: { ...all('bobs') },
        max: { select: ['bobs'] },
      },
    },
    invoices: {
      rows: {
        acme1: `tenant_id=eq.${acme}&number=eq.2026-1`,
        acme2: `tenant_id=eq.${acme}&number=eq.2026-2`,
        bolt1: `tenant_id=eq.${bolt}&number=eq.2026-1`,
        corax3: `tenant_id=eq.${corax}&number=eq.2026-3`,
      },
      text: 'number',
      change: { paid: true },
      candidates: { new: { tenant_id: acme, region: 'eu', number: '2026-9', amount: 1 } },
      reached: {
        mia: { select: ['acme1', 'acme2'] },
        max: { select: ['bolt1'] },
        eu: { select: ['acme1', 'acme2', 'corax3'] },
        everywhere: { select: ['acme1', 'acme2', 'bolt1', 'corax3'] },
      },
    },
    announcements: {
      rows: {
        coffee: 'title=eq.new coffee machine',
        party: 'title=like.summer*',
        move: 'title=like.we move*',
        merger: 'title=like.bolt*',
      },
      text: 'title',
      change: { body: 'x' },
      candidates: {
        new: { title: 'x', body: 'y' },
        asBolt: { tenant_id: bolt, title: 'x', body: 'y' },
      },
      reached: {
        ada: { select: ['coffee'] },
        ben: { select: ['coffee'] },
        bobAtAcme: { select: ['coffee'] },
        mia: { ...all('coffee', 'party', 'move'), insert: ['new'] },
        bob: { select: ['merger'] },
        max: { ...all('merger'), insert: ['new'] },
      },
    },
    project_progress: {
      rows: {
        website: 'project_id=eq.1',
        app: 'project_id=eq.2',
        boltWebsite: 'project_id=eq.3',
        garden: 'project_id=eq.4',
      },
      text: 'name',
      change: { name: 'x' },
      candidates: {},
      reached: {
        ada: { select: ['website'] },
        ben: { select: ['website', 'app'] },
        mia: { select: ['website', 'app'] },
        bob: { select: ['boltWebsite'] },
        max: { select: ['boltWebsite'] },
      },
    },
  },
};
