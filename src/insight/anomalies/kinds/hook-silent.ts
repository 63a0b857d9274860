// A shell whose hook has fallen silent, as the process watch sees it.

import type { Finding } from '../../../base/words/signal.ts'
import type { Look } from '../look.ts'

/** A program that runs for some minutes without a line of its shell is nothing. */
const SILENT_LEAST_MS = 10 * 60_000

export function hookSilent({ silent, span }: Look): readonly Finding[] {
  return silent
    .filter(({ since }) => span.end - since >= SILENT_LEAST_MS)
    .map(({ shell, since }) => ({
      kind: 'hook_silent',
      subject: shell,
      unit: 'minutes',
      expected: 0,
      spread: null,
      n: 0,
      observed: Math.round((span.end - since) / 60_000),
      window: { start: since, end: span.end },
      severity: 6,
    }))
}
