// What two nodes show each other where nobody is certified: nothing.
import type { Credentials } from '../../../src/trust/certificates/index.ts'

export const NO_CREDENTIALS: Credentials = {
  shown: () => ({}),
  heard: () => false,
  answer: () => ({}),
  answered() {},
  onSettled: () => () => {},
  seeks: () => false,
}
