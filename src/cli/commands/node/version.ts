// karo version: which version this is, and of which commit it was built.
import { BUILD, COMMIT, VERSION } from '../../../base/version.ts'
import { defineCommand, show } from '../../command.ts'

export const commands = [
  defineCommand('version', {
    summary: 'show the version of this program and the commit that it was built of',
    json: '{"version", "commit"}: `commit` is seven digits, with `.dirty` behind them where the sources had changed since',
    examples: { 'karo version': `karo ${VERSION}+g1a2b3c4` },
    run: async (io) => show(io, { version: VERSION, commit: COMMIT }, () => `karo ${BUILD}\n`),
  }),
]
