// What a person does after the hook was put into a start file: the lines that karo shell install ends with.
import { getHealth } from '../../api/contract/operations/status.ts'
import { besideEachOther, type CommandIo, type Env, startWords } from '../kit.ts'

/** For an answer that only says whether a daemon runs. */
const LOOK_MS = 500

/** A command line, and what it does. */
export type Step = readonly [run: string, does: string]

export const IMPORT: Step = ['karo import auto', 'imports the history of your shells']
export const CHECK: Step = ['karo check rm -rf /', 'shows what the guard stops, without running it']

/**
 * After the first start of a node: what makes it useful. Where npm runs this, as `npm start` of a checkout does, no shell
 * knows `karo` before the first of them has run, so that one is the call by npm.
 */
export function firstSteps(env: Env): readonly Step[] {
  const install = ['start', 'karo'].includes(env.npm_lifecycle_event ?? '') ? 'npm run karo --' : 'karo'
  return [[`${install} shell install`, 'records the commands of new shells, and guards them'], IMPORT, CHECK]
}

/** For the new shell, where `karo` is known; without the start of a daemon where one runs. `hasFinder`: nothing is said of Ctrl-R. */
export async function nextSteps(io: CommandIo, hasFinder: boolean): Promise<string> {
  const runs = await io.call(getHealth, { deadlineMs: LOOK_MS }).then(
    () => true,
    // One that hangs, or that the person may not use, runs.
    ({ code }) => code !== 'not_running',
  )
  const steps: readonly Step[] = [
    ...(runs ? [] : [[startWords(io.env), 'starts the node, which stores recorded commands'] as const]),
    ...(hasFinder ? [] : [['karo shell install --ctrl-r', 'lets Ctrl-R search what is recorded'] as const]),
    IMPORT,
    ['karo', 'shows how it goes, and what you can do next'],
    CHECK,
  ]
  return `Then:\n${besideEachOther(steps, io.columns)}\n`
}
