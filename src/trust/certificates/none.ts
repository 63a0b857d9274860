// The substitute for the certificates room on a node without certificates: nobody is certified, and nothing is shown to
// others.
import type { Certificates, Credentials } from './fleet-types.ts'

export const NO_CERTIFICATES: Certificates = {
  word: () => undefined,
  revoked: () => undefined,
  fault: () => undefined,
  certified: () => [],
  lately: () => undefined,
  told: () => [],
  onChange: () => () => {},
}

export const NO_CREDENTIALS: Credentials = {
  shown: () => ({}),
  heard: () => false,
  answer: () => ({}),
  answered() {},
  onSettled: () => () => {},
  seeks: () => false,
}
