// The room of certificates as it speaks where nobody is certified.
import type { Certificates } from '../../../src/trust/certificates/index.ts'

export const NO_CERTIFICATES: Certificates = {
  word: () => undefined,
  revoked: () => undefined,
  fault: () => undefined,
  certified: () => [],
  lately: () => undefined,
  told: () => [],
  isParting: () => false,
  isPerson: () => false,
  onChange: () => () => {},
}
