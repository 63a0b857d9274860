// The anomalies room where nobody looks: for tests of other numbers.
import type { NumbersDeps } from '../../../src/insight/statistics/numbers.ts'

export const NO_ANOMALIES: NumbersDeps['anomalies'] = {
  begun: async () => [],
  knownSince: async () => undefined,
  learning: async () => false,
}
