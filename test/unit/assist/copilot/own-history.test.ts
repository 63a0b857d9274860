// Own commands as answers: which of those that ran before are offered to which words, and in which order.
import { expect, test } from 'vitest'
import { type OwnCommand, ownCandidates } from '../../../../src/assist/copilot/ask/own-history.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'

const { knowledge } = builtKnowledge()
const index = knowledge.ask()

const ran = (command: string, more: Partial<OwnCommand> = {}): OwnCommand => ({
  command,
  cwd: '/srv/red',
  exit_code: 0,
  risk_level: 'safe',
  ...more,
})
const offered = (request: string, own: readonly OwnCommand[], cwd?: string): readonly string[] =>
  ownCandidates(request, own, cwd, { knowledge, index }).map(({ command }) => command)

test('of two that fit as well, the one of this directory comes first; what failed does not come', () => {
  const red = ran('./deploy-red.sh staging')
  const blue = ran('./deploy-blue.sh staging', { cwd: '/srv/blue' })
  const failed = [1, null].map((code) => ran(`./deploy-${code}.sh staging`, { exit_code: code }))
  const own = [red, blue, ...failed]
  expect(offered('deploy staging', own, '/srv/blue')).toEqual([blue.command, red.command])
  expect(offered('deploy staging', own.toReversed(), '/srv/red')).toEqual([red.command, blue.command])
})

test('what destroys is offered only to words that ask for it, wherever in the line it does so', () => {
  const own = ['rm notes.txt', 'cd build && rm notes.txt', 'sh -c "rm build/notes.txt"'].map((one) =>
    ran(one),
  )
  expect(offered('build notes', own)).toEqual([])
  expect(offered('build notes without deleting', own)).toEqual([])
  expect(offered('delete notes in build', own)).toContain('cd build && rm notes.txt')
  expect(offered('build notes', [ran('cd build && cat notes.txt')])).toHaveLength(1)
})
