import { spawnSync } from 'node:child_process';
import { Machine, type Service } from './machine.ts';
import { connectNode } from './network.ts';
import { type NodeSettings, startNodeServices } from './node-services.ts';

/** A node of a cluster, on a machine of its own. */
export class ClusterNode {
  private machine: Machine | undefined;
  private services: Service[] = [];

  readonly name: string;
  private readonly settings: NodeSettings;
  private readonly control: Machine;
  private readonly others: number[];

  constructor(name: string, settings: NodeSettings, control: Machine, others: number[]) {
    this.name = name;
    this.settings = settings;
    this.control = control;
    this.others = others;
  }

  get address(): string {
    return this.settings.addresses.node(this.settings.number);
  }

  /** Network namespace, for `nsenter --net=`. */
  get namespace(): string {
    return this.running.networkNamespace;
  }

  /** Switches it on, also after `stop`, as a machine that starts again: with the files that it had. */
  async start(): Promise<void> {
    this.machine = await Machine.boot(this.name, this.settings.directory, this.settings.programs.bin);
    await connectNode(this.control, this.machine, this.settings.number, this.settings.addresses, this.others);
    this.services = await startNodeServices(this.machine, this.settings);
  }

  /** Switches it off at once, as a power failure does. */
  async stop(): Promise<void> {
    await this.machine?.halt();
    this.machine = undefined;
    this.services = [];
  }

  /** Unplugs its network: what runs on it goes on. */
  async cutOff(): Promise<void> {
    await this.control.run('ip', 'link', 'set', this.name, 'down');
  }

  /** Plugs its network in again. */
  async reconnect(): Promise<void> {
    await this.control.run('ip', 'link', 'set', this.name, 'up');
  }

  /** Runs a program there, such as `ctr` or `iptables`, and answers what it prints. */
  run(program: string, ...args: string[]): Promise<string> {
    return this.running.run(program, ...args);
  }

  /** Copies an image of the Docker engine to the node. */
  loadImage(image: string): void {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'docker save "$1" | nsenter --target "$2" --mount -- "$3/ctr" --namespace k8s.io images import -'].concat(
        'sh',
        image,
        String(this.running.pid),
        this.settings.programs.bin,
      ),
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`${this.name} does not get the image ${image}: ${stderr}`);
  }

  expectRunning(): void {
    for (const service of this.services) service.expectRunning();
  }

  private get running(): Machine {
    if (this.machine === undefined) throw new Error(`${this.name} is switched off; start it`);
    return this.machine;
  }
}
