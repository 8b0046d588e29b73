/** Settings of any Postgres whose data nobody needs after it: nothing has to survive a crash, and no secret is logged. */
export const THROWAWAY_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
  // Of many databases, each with a server's pool.
  max_connections: '400',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_error_statement: 'panic',
};
