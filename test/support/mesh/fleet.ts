// What the room of certificates asks of its machine, where that has no enrolment file and nobody there knows another node.
import type { createFleet } from '../../../src/trust/certificates/index.ts'

export const NOBODY_KNOWN: Pick<
  Parameters<typeof createFleet>[0],
  'enrolment' | 'watch' | 'isNameKnown' | 'outOfMesh'
> = {
  enrolment: () => undefined,
  watch: () => () => {},
  isNameKnown: () => false,
  outOfMesh: async () => {},
}
