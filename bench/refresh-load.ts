// A process of its own that refreshes as fast as it is answered, each chain in turn; the variable LOAD holds the orders as JSON.
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';

export interface RefreshOrders {
  readonly tokenEndpoint: string;
  /** Where each chain begins. */
  readonly refreshTokens: readonly string[];
  readonly rounds: number;
  readonly milliseconds: number;
}

const { tokenEndpoint, refreshTokens, rounds, milliseconds } = JSON.parse(process.env['LOAD']!) as RefreshOrders;
const agent = new Agent({ keepAlive: true, maxSockets: refreshTokens.length });

function refresh(token: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: token }).toString();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  return new Promise((resolve, reject) => {
    request(tokenEndpoint, { method: 'POST', agent, headers }, (response) => {
      text(response).then((answer) => {
        if (response.statusCode !== 200) reject(new Error(`${response.statusCode} ${answer}`));
        else resolve((JSON.parse(answer) as { refresh_token: string }).refresh_token);
      }, reject);
    })
      .on('error', reject)
      .end(body);
  });
}

const tokens = [...refreshTokens];
const rates: number[] = [];
for (let round = 0; round < rounds; round++) {
  const start = performance.now();
  let count = 0;
  await Promise.all(
    tokens.map(async (_, chain) => {
      while (performance.now() < start + milliseconds) {
        tokens[chain] = await refresh(tokens[chain]!);
        count += 1;
      }
    }),
  );
  rates.push(count / ((performance.now() - start) / 1000));
}
agent.destroy();
console.log(JSON.stringify(rates));
