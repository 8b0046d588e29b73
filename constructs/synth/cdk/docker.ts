/** @ts-ignore: one of the two packages is installed */
import type * as terrain from '@cdktn/provider-docker';
/** @ts-ignore */
import type * as cdktf from '@cdktf/provider-docker';
import { type Installed, load } from './installed.ts';

type Docker = Installed<typeof terrain, typeof cdktf>;

/** A module of one resource: all of them take longer to load. */
const module = <Name extends Extract<keyof Docker, string>>(name: Name) =>
  load<Docker[Name]>(`@cdktn/provider-docker/lib/${name}/index.js`);

export const Container: Docker['container']['Container'] = module('container').Container;
export const DockerProvider: Docker['provider']['DockerProvider'] = module('provider').DockerProvider;
export const Image: Docker['image']['Image'] = module('image').Image;
export const Network: Docker['network']['Network'] = module('network').Network;
export const Volume: Docker['volume']['Volume'] = module('volume').Volume;

export type Container = Installed<terrain.container.Container, cdktf.container.Container>;
export type ContainerConfig = Installed<terrain.container.ContainerConfig, cdktf.container.ContainerConfig>;
export type ContainerMounts = Installed<terrain.container.ContainerMounts, cdktf.container.ContainerMounts>;
export type DockerProvider = Installed<terrain.provider.DockerProvider, cdktf.provider.DockerProvider>;
export type Network = Installed<terrain.network.Network, cdktf.network.Network>;
export type Volume = Installed<terrain.volume.Volume, cdktf.volume.Volume>;
