// A page as a person follows it: each step on its machine, compared with what the page shows. With SHOW=1 it prints what is shown, for who writes a page.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { SLOW } from '../../../src/observe/hooks/guard/guard.ts'
import { PATIENCE_MS } from '../run/until.ts'
import type { Machine } from './machine.ts'
import { filesOf, general, type Step, same, stepsOf } from './page.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** What a person follows in one go. */
const MOST_COMMANDS = 10
/** Between two runs of a command that the page says is to be repeated. */
const PAUSE_MS = 300
/** `MACHINES=12 npm test -- …` follows a page on as many: the others do what two machines of the page do, one after the other. */
const MACHINES = Number(process.env.MACHINES ?? 0)
/** In a page that goes on where `karo demo` is: its prompts name nodes of the demonstration. */
const ON_DEMO = '<!-- on the machines of karo demo -->'

const textOf = (name: string): string => readFileSync(join(ROOT, name), 'utf8')

/** README and the pages of docs/start: those that go on where `karo demo` is, or the others. */
export const pages = (where: 'on demo' | 'elsewhere'): readonly string[] =>
  ['README.md', ...readdirSync(join(ROOT, 'docs/start')).map((name) => `docs/start/${name}`)].filter(
    (name) => name.endsWith('.md') && textOf(name).includes(ON_DEMO) === (where === 'on demo'),
  )

/** `machinesOf`: those that the prompts name. */
export async function follow(
  name: string,
  machinesOf: (names: readonly string[]) => Promise<ReadonlyMap<string, Machine>>,
): Promise<void> {
  const steps = stepsOf(textOf(name))
  expect(steps.length, 'commands of the page').toBeGreaterThan(0)
  expect(steps.length, 'commands of the page').toBeLessThanOrEqual(MOST_COMMANDS)
  const shownMachines = [...new Set(steps.map(({ machine }) => machine))]
  const others = Array.from({ length: Math.max(0, MACHINES - shownMachines.length) }, (_, i) => `other${i}`)
  const machines = await machinesOf([...shownMachines, ...others])
  const first = machines.get(steps[0]!.machine)!
  for (const [path, content] of filesOf(textOf(name))) {
    mkdirSync(dirname(join(first.home, path)), { recursive: true })
    writeFileSync(join(first.home, path), content)
  }
  const onMachines = steps.flatMap((step, i) => {
    const before = steps[i - 1]
    const isRepeated = before?.command === step.command && before.machine !== step.machine
    return [step, ...(isRepeated ? others.map((machine) => ({ ...step, machine })) : [])]
  })
  for (const step of onMachines) {
    const shown = await runStep(machines.get(step.machine)!, step)
    if (process.env.SHOW !== undefined)
      process.stderr.write(`${step.machine}$ ${step.command}\n${shown.join('\n')}\n`)
    else if (!same(shown, step.shows))
      expect(shown.map(general), `${name}:${step.line}: ${step.command}\n${shown.join('\n')}`).toEqual(
        step.shows.map(general),
      )
  }
}

async function runStep(machine: Machine, step: Step): Promise<readonly string[]> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    // What the guard says after half a second is about the machine of the test, not about the page.
    const shown = (await machine.run(step)).filter((line) => line !== SLOW)
    if (!step.again || same(shown, step.shows) || performance.now() > end) return shown
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
