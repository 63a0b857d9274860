// What karo shell install ends with: a node is started where none runs, and nowhere else.
import { expect, test } from 'vitest'
import { KaroError } from '../../../src/base/errors.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { nextSteps } from '../../../src/cli/shells/next-steps.ts'

test.each([
  ['not_running', true],
  ['refused', false],
  ['timeout', false],
] as const)('where the daemon answers %s, a start is advised: %s', async (code, isAdvised) => {
  const io: Pick<CommandIo, 'env' | 'columns' | 'call'> = {
    env: { KARO_HOME: '/nowhere' },
    columns: 80,
    call: () => Promise.reject(new KaroError(code, 'no')),
  }
  expect((await nextSteps(io as CommandIo, true)).includes('karo up --background')).toBe(isAdvised)
})
