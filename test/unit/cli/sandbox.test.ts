// `karo doctor --sandbox`: what karo-exec says becomes rows, and only a jail that holds counts as safe.
import { expect, test } from 'vitest'
import type { RunCommand } from '../../../src/cli/doctor/command.ts'
import { isSafe, lookAtSandbox } from '../../../src/cli/doctor/sandbox.ts'
import { sandboxView } from '../../../src/cli/views/doctor.ts'

const saying = (document: object): RunCommand => {
  return async () => ({ kind: 'ran', code: 0, stdout: JSON.stringify(document), stderr: '' })
}
const probe = (name: string, held: boolean | null) => ({
  provider: 'bwrap',
  probe: name,
  held,
  detail: `${name} tried`,
})
const working = { provider: 'bwrap', problem: null, cannot: [] }
const screen = { colour: false, columns: 80 }

const landlock = { provider: 'landlock', problem: null, cannot: [] as string[] }
const held = { ...probe('network', true), provider: 'landlock' }

test('what karo-exec tried, as rows; a jail that holds is safe, and only the way that is configured counts', async () => {
  const cases: Readonly<Record<string, RunCommand>> = {
    'all was held': saying({ providers: [working], probes: [probe('network', true)] }),
    'an attempt succeeded': saying({
      providers: [working],
      probes: [probe('network', true), probe('ptrace', false), probe('hang_up', null)],
    }),
    'one way cannot start, and the other does not hold something by its nature': saying({
      providers: [working, { ...landlock, cannot: ['a job can ask whether a path exists'] }],
      probes: [{ ...probe('start', false), detail: 'namespaces are forbidden' }, held],
    }),
    'one way is not installed': saying({
      providers: [{ ...working, problem: 'not installed' }, landlock],
      probes: [held],
    }),
    'a way begins and then fails': saying({
      providers: [working, landlock],
      probes: [probe('broken', false), held],
    }),
    'no way works': saying({ providers: [{ ...working, problem: 'not installed' }], probes: [] }),
    'karo-exec does not run': async () => ({ kind: 'ran', code: 1, stdout: '', stderr: '' }),
    'karo-exec takes too long': async () => ({ kind: 'failed', reason: 'it took too long' }),
  }
  const page: string[] = []
  for (const [title, run] of Object.entries(cases)) {
    const rows = await lookAtSandbox(run)
    for (const chosen of ['auto', 'bwrap', 'landlock'] as const) {
      const safe = isSafe(rows, chosen)
      page.push(`--- ${title}, ${chosen}: ${safe ? 'safe' : 'NOT SAFE'}`)
      if (chosen !== 'landlock') page.push(sandboxView(rows, { safe, chosen }, screen))
    }
  }
  expect(page.join('\n')).toMatchSnapshot()
})
