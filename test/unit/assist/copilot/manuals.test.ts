// How much of this machine's manuals one explanation takes: each program once, a number of them, none once it is taken back.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explainCommand } from '../../../../src/assist/copilot/index.ts'
import { openKnowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { createManuals, type ManualSources, runProgram } from '../../../../src/assist/copilot/manuals.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const NAMES = Array.from({ length: 60 }, (_, n) => `program-${n}`)

/** Programs that nobody knows but their manual, and what was run to read it. */
function machine(options: ManualSources = {}) {
  const path = temporaryDirectory()
  for (const name of NAMES) writeFileSync(join(path, name), '', { mode: 0o755 })
  const ran: string[] = []
  const manuals = createManuals(path, {
    ...options,
    async run(program, args) {
      ran.push(`${program} ${args.at(-1)}`)
      return program === 'whatis' ? `${args.at(-1)} (1) - does something` : ''
    },
  })
  const explain = (command: string) =>
    explainCommand(command, {
      shell: 'bash',
      judge: (text) => checkCommand(text, { shell: 'bash' }),
      manuals,
      knowledge: openKnowledge('/nonexistent'),
    })
  return { explain, ran }
}

test('a program is looked up once, and so many of them', async () => {
  const { explain, ran } = machine()
  const line = ['no-program', ...NAMES, ...NAMES].map((name) => `${name} --wibble`).join('; ')
  const { parts } = await explain(line)
  const meanings = parts.flatMap(({ parts: [name] }) =>
    name?.meaning === 'Does something' ? [name.text] : [],
  )
  expect(new Set(meanings)).toEqual(new Set(NAMES.slice(0, 20)))
  expect(meanings).toHaveLength(40)
  expect(ran.toSorted()).toEqual(
    [
      ...NAMES.slice(0, 20).map((name) => `whatis ${name}`),
      ...NAMES.slice(0, 6).map((name) => `man ${name}`),
    ].toSorted(),
  )
})

test('nothing more is run for what was taken back, and what runs is ended', async () => {
  const taken = new AbortController()
  const { explain, ran } = machine({ signal: taken.signal })
  await explain(NAMES[0]!)
  expect(ran).toHaveLength(1)
  const running = runProgram('sleep', ['60'], 60_000, taken.signal)
  taken.abort()
  await explain(NAMES.join('; '))
  expect(ran).toHaveLength(1)
  expect(await running).toBe(undefined)
})
