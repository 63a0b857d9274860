// Asks the daemon, and starts it first where something keeps it running and it does not run now.
import { homePaths } from '../../config/paths.ts'
import { type CommandIo, KaroError } from '../kit.ts'
import { ANSWERS_MS, startInBackground } from '../start/background.ts'
import { systemctl } from '../start/user-unit.ts'
import { keptBy } from './kept.ts'

/** Throws what `ask` throws: `not_running` where nothing keeps the node running, or the machine's own node is asked. */
export async function withNode<Answer>(io: CommandIo, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof KaroError) || error.code !== 'not_running') throw error
    const paths = homePaths(io.env)
    const { by } = await keptBy(io)
    if (io.socket !== paths.socket || by === 'nothing') throw error
    if (by === 'systemd') await systemctl(io.env, 'start', 'karo.service')
    else await startInBackground(io, paths, ANSWERS_MS)
    return await ask()
  }
}
