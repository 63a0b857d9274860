// Every attack that the hostile trial knows; a new one is a file beside this and a line here.
import { accountSpool } from './account-spool.ts'
import type { Attack } from './attack.ts'
import { memberEditions } from './member-editions.ts'
import { memberMalformed } from './member-malformed.ts'
import { memberPresences } from './member-presences.ts'
import { memberQuestions } from './member-questions.ts'
import { strangerFrames } from './stranger-frames.ts'
import { strangerHandshakes } from './stranger-handshakes.ts'
import { strangerStreams } from './stranger-streams.ts'

/** Those that `npm test` has time for. */
export const ATTACKS_SHORT: readonly Attack[] = [
  strangerStreams,
  strangerFrames,
  strangerHandshakes,
  memberQuestions,
  memberMalformed,
  accountSpool,
]

export const ATTACKS_KNOWN: readonly Attack[] = [...ATTACKS_SHORT, memberEditions, memberPresences]
