/** @ts-ignore: one of the two packages is installed */
import type * as terrain from 'cdktn';
/** @ts-ignore */
import type * as cdktf from 'cdktf';
import { type Installed, load } from './installed.ts';

type Core = Installed<typeof terrain, typeof cdktf>;
const core = load<Core>('cdktn');

export const Annotations: Core['Annotations'] = core.Annotations;
export const App: Core['App'] = core.App;
export const DataResource: Core['DataResource'] = core.DataResource;
export const Fn: Core['Fn'] = core.Fn;
export const Lazy: Core['Lazy'] = core.Lazy;
export const LocalBackend: Core['LocalBackend'] = core.LocalBackend;
export const TerraformOutput: Core['TerraformOutput'] = core.TerraformOutput;
export const TerraformProvider: Core['TerraformProvider'] = core.TerraformProvider;
export const TerraformResource: Core['TerraformResource'] = core.TerraformResource;
export const TerraformStack: Core['TerraformStack'] = core.TerraformStack;
export const Token: Core['Token'] = core.Token;

export type App = Installed<terrain.App, cdktf.App>;
export type DataConfig = Installed<terrain.DataConfig, cdktf.DataConfig>;
export type DataResource = Installed<terrain.DataResource, cdktf.DataResource>;
export type ITerraformDependable = Installed<terrain.ITerraformDependable, cdktf.ITerraformDependable>;
export type LocalExecProvisioner = Installed<terrain.LocalExecProvisioner, cdktf.LocalExecProvisioner>;
export type TerraformProvider = Installed<terrain.TerraformProvider, cdktf.TerraformProvider>;
export type TerraformResource = Installed<terrain.TerraformResource, cdktf.TerraformResource>;
export type TerraformMetaArguments = Installed<terrain.TerraformMetaArguments, cdktf.TerraformMetaArguments>;
export type TerraformStack = Installed<terrain.TerraformStack, cdktf.TerraformStack>;
