// The substitute for the certificates room on a node without certificates: nothing is shown to others.
import type { Credentials } from './fleet-types.ts'

export const NO_CREDENTIALS: Credentials = {
  shown: () => ({}),
  heard: () => false,
  answer: () => ({}),
  answered() {},
  onSettled: () => () => {},
  seeks: () => false,
}
