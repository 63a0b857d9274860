// When the program tells a waiting shell that a person is asked.
import { expect, test, vi } from 'vitest'
import type { CommandIo } from '../../../../src/cli/command.ts'
import { askAbout } from '../../../../src/cli/guard/ask.ts'

const said: string[] = []

vi.mock('../../../../src/assist/guard/judge.ts', async (original) => {
  const { judge } = await original<typeof import('../../../../src/assist/guard/judge.ts')>()
  return {
    judge: (...args: Parameters<typeof judge>) => {
      said.push('judged')
      return judge(...args)
    },
  }
})
vi.mock('../../../../src/cli/guard/terminal.ts', () => ({
  converse: async () => ({ verb: 'edit', outcome: 'declined' }),
}))

async function asked(line: string, env: Record<string, string> = {}): Promise<readonly string[]> {
  said.length = 0
  const io = {
    home: '/nonexistent',
    env: { KARO_LINE: line, KARO_LINE_LENGTH: String(line.length), ...env },
    out: (text: string | Uint8Array) => said.push(...Buffer.from(text).toString().trim().split('\n')),
  } as unknown as CommandIo
  await askAbout(io, 'bash')
  return said.map((word) => word.split(' ')[0] as string)
}

test('a line that is too long to run unasked waits for its judgement without a limit', async () => {
  const { length: handlers } = process.listeners('SIGUSR2')
  expect(await asked('true')).toEqual(['judged', 'run'])
  expect(process.listeners('SIGUSR2')).toHaveLength(handlers)
  expect(await asked(`true ${'x'.repeat(5_000)}`)).toEqual(['wait', 'judged', 'edit'])
  expect(await asked(`true ${'x'.repeat(1_000)}`, { KARO_GUARD_PROFILE: 'strict' })).toEqual([
    'wait',
    'judged',
    'edit',
  ])
  expect(await asked('git push --force')).toEqual(['judged', 'wait', 'edit'])
  // Nor by the signal of the timeout(1) that fish takes.
  expect(process.listeners('SIGUSR2').length).toBeGreaterThan(handlers)
})
