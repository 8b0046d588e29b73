/** How long PostgREST forgives clocks that differ, in seconds. */
export const CLOCK_SKEW_S = 30;
