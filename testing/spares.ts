import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Declaration } from '../declaration/types.ts';
import type { RunningPostgrest } from './servers/postgrest-server.ts';
import type { Trust } from './trust.ts';

/** Everything that the database and the server of an environment follow from. */
export interface Recipe {
  /** Database that is copied. Its name is never used again. */
  readonly snapshot: string;
  readonly declaration: Declaration;
  readonly trust: Trust;
}

/** A database of an environment's own, and the PostgREST that serves it. */
export interface Prepared {
  readonly database: string;
  readonly server: RunningPostgrest;
}

/** Makes and removes them. */
export interface SpareMaker {
  prepare(recipe: Recipe, options?: { readonly signal: AbortSignal }): Promise<Prepared>;
  discard(prepared: Prepared): Promise<void>;
  /** Changes with a snapshot's data, and with whatever its copies share with other databases: roles and their settings. */
  stateOf(snapshot: string): Promise<string>;
}

interface Spare {
  readonly recipe: Recipe;
  readonly prepared: Prepared;
  /** State before it was made. */
  readonly state: string;
  hasDied: boolean;
}

interface Making {
  readonly recipe: Recipe;
  /** Undefined if it fails. Then the next environment is made when it is asked for. */
  readonly spare: Promise<Spare | undefined>;
  /** An environment waits for this one. */
  isClaimed: boolean;
  readonly ending: AbortController;
}

/** How many are made at the same time where environments are asked for faster than one at a time is made. */
const MOST_AT_ONCE = Math.min(2, availableParallelism());

/**
 * Databases with a PostgREST that are made ahead, for the next environments. They are made from the second environment of
 * a snapshot on, one at a time, or two where the last environment had to wait for its own. None is begun while an environment is
 * asked for. Each is given away once, and only while everything that it follows from is as it was.
 */
export class Spares {
  readonly #maker: SpareMaker;
  readonly #limit: number;
  readonly #mostAtOnce: number;
  /** Environments that were asked for, by snapshot. */
  readonly #counts = new Map<string, number>();
  readonly #ending = new Set<Promise<void>>();
  /** The oldest first. */
  #ready: readonly Spare[] = [];
  #making: readonly Making[] = [];
  #atOnce = 1;
  #asking = 0;
  #isStopped = false;

  constructor(maker: SpareMaker, limit: number, mostAtOnce = MOST_AT_ONCE) {
    this.#maker = maker;
    this.#limit = limit;
    this.#mostAtOnce = mostAtOnce;
  }

  /** Takes a spare, or makes what was asked for now. */
  async get(recipe: Recipe): Promise<Prepared> {
    const { snapshot } = recipe;
    this.#counts.set(snapshot, (this.#counts.get(snapshot) ?? 0) + 1);
    this.#asking++;
    let prepared: Prepared;
    try {
      prepared = (await this.#take(recipe)) ?? (await this.#maker.prepare(recipe));
    } finally {
      this.#asking--;
    }
    this.#refill(recipe);
    return prepared;
  }

  async #take(recipe: Recipe): Promise<Prepared | undefined> {
    for (;;) {
      const ready = this.#takeReady(recipe);
      this.#atOnce = ready ? 1 : this.#mostAtOnce;
      const spare = ready ?? (await this.#claim(recipe));
      if (!spare || (await this.#isFresh(spare))) return spare?.prepared;
      this.#end(spare);
    }
  }

  #takeReady(recipe: Recipe): Spare | undefined {
    const spare = this.#ready.find((one) => isSame(one.recipe, recipe));
    this.#ready = this.#ready.filter((one) => one !== spare);
    return spare;
  }

  /** One that is being made is there sooner than another one would be. */
  async #claim(recipe: Recipe): Promise<Spare | undefined> {
    const making = this.#making.find((one) => !one.isClaimed && isSame(one.recipe, recipe));
    if (!making) return undefined;
    making.isClaimed = true;
    const spare = await making.spare;
    return making.ending.signal.aborted ? undefined : spare;
  }

  async #isFresh(spare: Spare): Promise<boolean> {
    const state = await this.#maker.stateOf(spare.recipe.snapshot).catch(() => undefined);
    return state === spare.state && !spare.hasDied;
  }

  /** Makes as many as were asked for before this one, up to the limit. */
  #refill(recipe: Recipe): void {
    if (this.#isStopped || this.#asking > 0) return;
    const wanted = Math.min(this.#limit, (this.#counts.get(recipe.snapshot) ?? 0) - 1);
    while (this.#making.length < this.#atOnce && this.#countOf(recipe) < wanted) {
      if (this.#unclaimed().length >= this.#limit) {
        const another = this.#ready.find((spare) => !isSame(spare.recipe, recipe));
        if (!another) return;
        this.#end(another);
      }
      this.#begin(recipe);
    }
  }

  #countOf(recipe: Recipe): number {
    return this.#unclaimed().filter((one) => isSame(one.recipe, recipe)).length;
  }

  /** Spares for the next environments, also those that are being made. */
  #unclaimed(): readonly { readonly recipe: Recipe }[] {
    return [...this.#ready, ...this.#making.filter(({ isClaimed }) => !isClaimed)];
  }

  #begin(recipe: Recipe): void {
    const ending = new AbortController();
    const making: Making = { recipe, spare: this.#make(recipe, ending.signal), isClaimed: false, ending };
    this.#making = [...this.#making, making];
    void making.spare.then((spare) => {
      this.#making = this.#making.filter((one) => one !== making);
      if (!spare) return;
      if (ending.signal.aborted) this.#end(spare);
      else if (!making.isClaimed) this.#ready = [...this.#ready, spare];
      this.#refill(recipe);
    });
  }

  async #make(recipe: Recipe, signal: AbortSignal): Promise<Spare | undefined> {
    try {
      // Whoever has asked goes on first.
      await nextTurn();
      const state = await this.#maker.stateOf(recipe.snapshot);
      const prepared = await this.#maker.prepare(recipe, { signal });
      const spare: Spare = { recipe, prepared, state, hasDied: false };
      void prepared.server.died?.then(() => (spare.hasDied = true));
      return spare;
    } catch {
      return undefined;
    }
  }

  /** Ends those of a snapshot that is no longer needed. */
  async forget(snapshot: string): Promise<void> {
    this.#counts.delete(snapshot);
    await this.#endMaking(this.#making.filter(({ recipe }) => recipe.snapshot === snapshot));
    for (const spare of this.#ready) if (spare.recipe.snapshot === snapshot) this.#end(spare);
    await this.#ended();
  }

  /** Ends all servers; the databases end with the host. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#endMaking(this.#making);
    for (const spare of this.#ready) this.#end(spare, () => spare.prepared.server.stop());
    await this.#ended();
  }

  async #endMaking(making: readonly Making[]): Promise<void> {
    for (const { ending } of making) ending.abort();
    await Promise.all(making.map(({ spare }) => spare));
  }

  #end(spare: Spare, end = () => this.#maker.discard(spare.prepared)): void {
    this.#ready = this.#ready.filter((one) => one !== spare);
    const ending = end()
      .catch(() => {})
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #ended(): Promise<void> {
    await Promise.all(this.#ending);
  }
}

function isSame(one: Recipe, other: Recipe): boolean {
  return one.snapshot === other.snapshot && one.declaration === other.declaration && one.trust === other.trust;
}
