/** Signals that ask a process to end: Ctrl-C, `kill`, a closed terminal. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
