// The member by which a request is about another machine.
import { someText } from '../fields.ts'

/** Exact: absent, and never undefined. */
export const at = () =>
  someText(
    128,
    'the machine that is meant: id, fingerprint or name of a member; absent: this one. On the control socket only',
  ).exactOptional()
