// The member by which a request is about another machine.
import * as z from 'zod'

/** Exact: absent, and never undefined. */
export const at = () =>
  z
    .string()
    .min(1)
    .max(128)
    .exactOptional()
    .describe(
      'the machine that is meant: id, fingerprint or name of a member; absent: this one. On the control socket only',
    )
