import { refuse } from '../../errors/secured-postgrest-error.ts';

/** An SMT solver that reads SMT-LIB. */
export interface Solver {
  /** Begins a question: all before it is forgotten. */
  load(script: string): void;
  /** True if all that is loaded, and these terms, can hold; undefined if the solver gives up. */
  canHold(...terms: readonly string[]): Promise<boolean | undefined>;
  /** Values of terms where all that is loaded and these conditions hold. */
  values(conditions: readonly string[], terms: readonly SortedTerm[]): Promise<ReadonlyMap<string, string>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A term and its sort. */
export interface SortedTerm {
  readonly sort: string;
  readonly term: string;
}

/** Threads of a program that emscripten made. */
interface Threads {
  readonly PThread: {
    readonly runningWorkers: readonly Thread[];
    readonly unusedWorkers: readonly Thread[];
    terminateAllThreads(): void;
  };
}

interface Thread {
  onmessage: (event: unknown) => void;
}

/** Z3's answers (Z3_lbool), and its code of no error. */
const SATISFIABLE = 1;
const UNDECIDED = 0;
const READ = 0;

/** Time for one answer, in milliseconds. */
const ANSWER_MILLISECONDS = 10_000;

/**
 * Starts Z3, which runs in threads of this process until it is disposed.
 *
 * @throws SecuredPostgrestError `missing_package` if z3-solver is not installed
 */
export async function startSolver(): Promise<Solver> {
  const { init } = await import('z3-solver').catch((cause: unknown) => {
    refuse(
      'missing_package',
      'z3-solver',
      'the package is not installed, and a proof needs its solver',
      'run `npm install --save-dev z3-solver`',
      cause,
    );
  });
  const { Z3, em } = (await init()) as Pick<Awaited<ReturnType<typeof init>>, 'Z3'> & { readonly em: Threads };
  const config = Z3.mk_config();
  const context = Z3.mk_context(config);
  Z3.del_config(config);
  let solver: ReturnType<typeof Z3.mk_simple_solver> | undefined;
  const forget = () => {
    if (solver !== undefined) Z3.solver_dec_ref(context, solver);
    solver = undefined;
  };
  const current = () => {
    solver ??= Z3.mk_simple_solver(context);
    return solver;
  };
  const read = (text: string) => {
    Z3.solver_from_string(context, current(), text);
    const code = Z3.get_error_code(context);
    if (Number(code) !== READ) throw new Error(`Z3 does not read ${text}: ${Z3.get_error_msg(context, code)}`);
  };
  /** Asks while some terms are asserted, and then forgets them. */
  const asking = async <Answer>(terms: readonly string[], ask: () => Promise<Answer>) => {
    Z3.solver_push(context, current());
    read(terms.map((term) => `(assert ${term})`).join(''));
    const answer = await ask();
    Z3.solver_pop(context, current(), 1);
    return answer;
  };
  return {
    load(script) {
      forget();
      Z3.solver_inc_ref(context, current());
      const params = Z3.mk_params(context);
      Z3.params_set_uint(context, params, Z3.mk_string_symbol(context, 'timeout'), ANSWER_MILLISECONDS);
      Z3.solver_set_params(context, current(), params);
      read(script);
    },
    canHold: (...terms) =>
      asking(terms, async () => {
        const answer = Number(await Z3.solver_check(context, current()));
        return answer === UNDECIDED ? undefined : answer === SATISFIABLE;
      }),
    values: (conditions, terms) =>
      asking(conditions, async () => {
        // Each term gets a constant of its own, whose value the text of a model says.
        const names = terms.map(({ sort, term }, n) => {
          read(`(declare-fun value${n} () ${sort})(assert (= value${n} ${term}))`);
          return [`value${n}`, term] as const;
        });
        if (Number(await Z3.solver_check(context, current())) !== SATISFIABLE) return new Map();
        const model = Z3.model_to_string(context, Z3.solver_get_model(context, current()));
        const values = new Map(model.split('\n').map((line) => line.split(' -> ', 2) as [string, string]));
        return new Map(names.map(([name, term]) => [term, values.get(name) ?? '']));
      }),
    async [Symbol.asyncDispose]() {
      forget();
      Z3.del_context(context);
      await Promise.resolve();
      const threads = [...em.PThread.runningWorkers, ...em.PThread.unusedWorkers];
      em.PThread.terminateAllThreads();
      // Emscripten prints late messages of terminated threads as errors.
      for (const thread of threads) thread.onmessage = () => {};
    },
  };
}
