import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page, type Response } from 'playwright-core';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Starts the machine's own Chromium, without a window; nothing of it asks the network by itself.
 *
 * @param domain all of whose names lead to this machine
 */
export function launchBrowser(domain?: string): Promise<Browser> {
  const executablePath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => PROGRAMS.map((program) => join(folder, program)))
    .find((file) => existsSync(file));
  if (executablePath === undefined) throw new Error(`none of ${PROGRAMS.join(', ')} is on the PATH`);
  return chromium.launch({
    executablePath,
    args: [
      // It does not run as root otherwise, as which these tests may.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(domain === undefined ? [] : [`--host-resolver-rules=MAP *.${domain} 127.0.0.1`]),
    ],
  });
}

/** Chromium ends its requests with this where a network of the machine comes or goes: those of containers and clusters do. */
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';
const TRIES = 5;

/** Goes to a page, again if a network of the machine changed meanwhile. */
export async function visit(page: Page, url: string): Promise<Response | null> {
  for (let n = 1; ; n++) {
    try {
      return await page.goto(url);
    } catch (error) {
      if (n === TRIES || !(error as Error).message.includes(NETWORK_CHANGED)) throw error;
    }
  }
}
