// Makes an event of one that a person brings from a file: secrets out, names of the public dictionary only.
import { localDay } from '../base/calendar.ts'
import { toolOf } from '../insight/dictionary.ts'
import { firstTool } from '../risk/index.ts'
import type { EventInput } from '../store/events.ts'
import { markLevel0 } from './level0.ts'
import { redact, redactDirectory } from './redact.ts'

/** What the file says; command and directory in plain text. */
export type Imported = Omit<EventInput, 'uid' | 'local' | 'command' | 'cwd'> & {
  readonly command: string
  readonly cwd: string
}

/**
 * The event as observation would hand it over. A file may say anything: what is counted, and so may be shared, gets no
 * other names than the dictionary's, and what looks like a secret is taken out as from any command.
 */
export function importedEvent(uid: number, { command, cwd, tool, category, ...event }: Imported): EventInput {
  const known = toolOf(tool)
  const used = known.tool === tool && known.category === category ? known : toolOf(firstTool(command, 'bash'))
  const time = Math.floor(event.start_us / 1000)
  return {
    ...event,
    ...used,
    uid,
    command: markLevel0(redact(command)),
    cwd: markLevel0(redactDirectory(cwd)),
    local: { day: Math.max(0, localDay(time)), hour: new Date(time).getHours() },
  }
}
