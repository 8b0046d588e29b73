import { CLOCK_SKEW_S } from '../../tokens/clock-skew.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { runProgram } from './program.ts';

const { ok, warning, problem } = resultsOf('clocks');

/** Servers reject tokens that were signed further ahead of their clock than this. */
const LIMIT_MS = CLOCK_SKEW_S * 1000;

/** @param offsetMs how far the other clock is ahead of this machine's */
export function clockResult(whose: string, offsetMs: number): CheckResult {
  const seconds = Math.abs(offsetMs / 1000).toFixed(1);
  const text = `the clock of ${whose} is ${seconds} s ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(offsetMs) > LIMIT_MS) {
    return problem(`${text}: tokens are rejected, or live too long`, 'have both set by NTP');
  }
  return Math.abs(offsetMs) > LIMIT_MS / 5 ? warning(text, 'have both set by NTP') : ok(text);
}

/** @param now the clock of this machine. @default the real one */
export function checkEngineClock(engine: readonly string[] | undefined, now: () => number = Date.now): CheckResult[] {
  if (!engine) return [];
  const before = now();
  const { status, stdout } = runProgram('docker', [...engine, 'info', '--format', '{{.SystemTime}}']);
  const time = Date.parse(stdout);
  if (status !== 0 || Number.isNaN(time)) return [];
  return [clockResult('the Docker engine', time - (before + now()) / 2)];
}
