// Every attack that the hostile trial knows; a new one is a file beside this and a line here.
import { accountSpool } from './account-spool.ts'
import type { Attack } from './attack.ts'
import { memberMalformed } from './member-malformed.ts'
import { memberQuestions } from './member-questions.ts'
import { strangerFrames } from './stranger-frames.ts'
import { strangerHandshakes } from './stranger-handshakes.ts'
import { strangerStreams } from './stranger-streams.ts'

export const ATTACKS_KNOWN: readonly Attack[] = [
  strangerStreams,
  strangerFrames,
  strangerHandshakes,
  memberQuestions,
  memberMalformed,
  accountSpool,
]
